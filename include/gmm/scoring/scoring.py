"""All of a scoring in one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from include.gmm.mixture.progress import Progress
from include.gmm.model import Model
from include.gmm.scoring.plan import ScoringPlan, plan_scoring
from include.gmm.scoring.publishing import publish
from include.gmm.scoring.ranges import score_with
from include.gmm.settings import Segmentation
from include.gmm.snapshot import opened
from include.gmm.store import Store
from include.gmm.versions import artifacts
from include.gmm.versions.records import Reference
from include.gmm.warehouse import Warehouse


def score(
    store: Store,
    reference: Reference,
    segment_ids: Sequence[int],
    settings: Segmentation,
    warehouse: Warehouse,
    progress: Callable[[Progress], None] | None = None,
) -> ScoringPlan:
    """Write every row's segment into the warehouse; returns the plan that was carried out.

    After a crash, the next call goes on where this one has left off.
    Raises InputError as `plan_scoring` and `publish` do; readers then see what they saw before.
    """
    with warehouse.held():
        plan = plan_scoring(store, settings, reference, segment_ids, warehouse)
        _, pipeline = artifacts.load(store, reference)
        model = Model(pipeline, plan.rows)
        with opened(store, plan.snapshot) as rows:
            for number in range(len(plan.ranges)):
                if progress is not None:
                    progress(Progress("Scoring ranges of rows", number, len(plan.ranges)))
                score_with(model, rows, plan, number, warehouse)
        publish(store, plan, warehouse)
    return plan
