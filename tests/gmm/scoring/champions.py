"""Scorings by versions that are made the champion first, as they all are in the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from include.gmm.mixture.progress import Progress
from include.gmm.scoring import plan, scoring
from include.gmm.scoring.plan import ScoringPlan
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions import artifacts, champion
from include.gmm.versions.records import Reference
from include.gmm.warehouse import Warehouse


def appointed(store: Store, reference: Reference, ids: Sequence[int]) -> None:
    """Make the version the champion under those ids."""
    present = champion.read(store, reference.segmentation)
    if present and (present.reference, list(present.segment_ids)) == (reference, list(ids)):
        return
    manifest = artifacts.load_manifest(store, reference)
    champion.appoint(store, present, reference, manifest, tuple(ids), "person", "a test")


def plan_scoring(
    store: Store,
    settings: Segmentation,
    reference: Reference,
    ids: Sequence[int],
    warehouse: Warehouse,
) -> ScoringPlan:
    """`plan.plan_scoring` of the new champion."""
    appointed(store, reference, ids)
    return plan.plan_scoring(store, settings, reference, ids, warehouse)


def score(
    store: Store,
    reference: Reference,
    ids: Sequence[int],
    settings: Segmentation,
    warehouse: Warehouse,
    progress: Callable[[Progress], None] | None = None,
) -> ScoringPlan:
    """`scoring.score` of the new champion."""
    appointed(store, reference, ids)
    return scoring.score(store, reference, ids, settings, warehouse, progress)
