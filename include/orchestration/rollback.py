"""The tasks of a rollback: which champion it returns to, and then the return."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from airflow.sdk import get_current_context, task

from include.gmm import settings
from include.gmm.errors import InputError
from include.gmm.settings import Segmentation
from include.gmm.store import configured
from include.orchestration import warehouse
from include.orchestration.assets import champion_asset, maybe, scores_asset, unscored_asset
from include.orchestration.champions import present_champion, tell_of
from include.orchestration.dag_defaults import acting_run
from include.orchestration.dbt import dbt_models
from include.orchestration.handed import handed
from include.orchestration.notifications import tell
from include.orchestration.refusing import refusing

log = logging.getLogger(__name__)


@task(multiple_outputs=False)
@refusing
def find_predecessor(name: str) -> dict[str, Any]:
    """The serial of the champion to take back, and the version that a rollback returns to.

    Settled in a task of its own: a retry of the next one must not go back once more.
    """
    from include.gmm.scoring.publishing import unfinished_rollback
    from include.gmm.versions import champion

    present_champion(name)
    if unfinished := unfinished_rollback(configured(), settings.find(name), warehouse.configured()):
        log.info("the rollback to %s was interrupted, and goes on", unfinished.reference.version)
        return {"serial": unfinished.serial - 1, "version": unfinished.reference.version}
    present, former = champion.before(configured(), name)
    log.info("from %s back to %s", present.reference.version, former.reference.version)
    return {"serial": present.serial, "version": former.reference.version}


def roll_back(segmentation: Segmentation, predecessor: Any) -> None:
    """The tasks that make the predecessor the champion again, and rebuild what dbt makes of scores.

    Where its table is not there any more, the scoring that follows does so.
    """
    name = segmentation.name
    champion = champion_asset(name)
    outlets = [maybe(each) for each in (champion, scores_asset(name), unscored_asset(name))]
    returned = _roll_back.override(inlets=[champion], outlets=outlets)(name, predecessor)
    if segmentation.scoring.models:
        shown = scores_are_shown(name, returned)
        for model in segmentation.scoring.models:
            # A broken report, of which the DAG that scores tells, must keep nobody from going back.
            with suppress(InputError):
                shown >> dbt_models(model, model, "scoring.models")


@task.short_circuit
@refusing
def scores_are_shown(name: str, returned: Any) -> bool:
    """Whether readers see the scores of the version that is the champion again."""
    from include.gmm.scoring.publishing import shows

    version = handed(returned, "roll_back")["version"]
    return shows(settings.find(name), version, warehouse.configured())


@task(task_id="roll_back", multiple_outputs=False)
@refusing
def _roll_back(name: str, predecessor: Any) -> dict[str, Any]:
    """Return to it and to its table of scores; returns what became of it, as promote_model does."""
    from include.gmm.scoring.publishing import restore
    from include.gmm.versions.promotion import roll_back

    segmentation = settings.find(name)
    serial = handed(predecessor, "find_predecessor")["serial"]
    promoted = roll_back(configured(), name, acting_run(), serial)
    restored = restore(segmentation, promoted.version, warehouse.configured())
    tell_of(name, promoted.serial)
    # A scoring would replace the table as it was.
    asset = scores_asset(name) if restored else unscored_asset(name)
    context = get_current_context()
    context["outlet_events"][maybe(asset)].add(asset, extra={"version": promoted.version})
    log.info("%s: %s", promoted.version, promoted.sentence)
    log.info("%s", "Its table of scores is back." if restored else f"{name}_score makes its table.")
    tell(segmentation, "promotion", context, f"{promoted.version}: {promoted.sentence}")
    return promoted.model_dump(mode="json")
