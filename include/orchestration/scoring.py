"""The tasks of scoring: every row's segment, by ranges of keys, and then the swap."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from include.gmm import settings
from include.gmm.store import configured
from include.orchestration import warehouse
from include.orchestration.assets import scores_asset
from include.orchestration.champions import present_champion
from include.orchestration.handed import handed
from include.orchestration.refusing import refusing

log = logging.getLogger(__name__)


@task(multiple_outputs=False)
@refusing
def plan_scoring(name: str) -> dict[str, Any]:
    """Check the champion against the features; returns which ranges of keys it will score."""
    from include.gmm.scoring.plan import plan_scoring as plan

    present = present_champion(name)
    if present is None:
        raise AirflowSkipException(
            f"There is no champion yet: {name}_train makes one, and starts this DAG again."
        )
    made = plan(
        *(configured(), settings.find(name), present.reference, present.segment_ids),
        warehouse.configured(),
    )
    log.info("%s rows in %s ranges, by %s", made.rows, len(made.ranges), present.reference.version)
    if made.rows_without_segment:
        log.warning("%s rows lack a value and have no segment", made.rows_without_segment)
    return made.model_dump(mode="json")


@task
@refusing
def key_ranges(plan: Any) -> list[int]:
    """The numbers of the ranges, one for each mapped task."""
    return list(range(len(handed(plan, "plan_scoring")["ranges"])))


@task(multiple_outputs=False)
@refusing
def score_range(plan: Any, number: int) -> int:
    """Score one range; returns its rows. A range that is done already is left alone."""
    from include.gmm.scoring.plan import ScoringPlan
    from include.gmm.scoring.ranges import score_range as score

    made = ScoringPlan.model_validate(handed(plan, "plan_scoring"))
    return score(configured(), made, number, warehouse.configured())


@task(multiple_outputs=False)
@refusing
def publish_scores(name: str, plan: Any) -> dict[str, Any]:
    """Let readers see the new table in place of the old one; returns what it is."""
    from include.gmm.scoring.plan import ScoringPlan
    from include.gmm.scoring.publishing import publish

    made = ScoringPlan.model_validate(handed(plan, "plan_scoring"))
    rows = publish(configured(), made, warehouse.configured())
    facts: dict[str, Any] = {"table": made.view, "rows": rows, "version": made.reference.version}
    get_current_context()["outlet_events"][scores_asset(name)].extra = facts
    return facts
