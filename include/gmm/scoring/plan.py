"""What a scoring will do, settled before anything is scored: small enough for XCom."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from include.gmm import snapshot
from include.gmm.errors import InputError
from include.gmm.model import Model
from include.gmm.scoring import attempts
from include.gmm.scoring.tables import DERIVED, physical, probabilities, shown, transaction
from include.gmm.settings import WAREHOUSE, Features, Segmentation
from include.gmm.snapshot import Snapshot
from include.gmm.store import Store
from include.gmm.versions import artifacts, pruning
from include.gmm.versions.records import Manifest, Reference
from include.gmm.warehouse import columns, demand_warehouse


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RowRange(_Record):
    """Rows that are scored together: so many of the snapshot, which is sorted by key."""

    first: int = Field(ge=0, description="The number of the first one, from 0 on")
    rows: int = Field(ge=1)


class ScoringPlan(_Record):
    """Which version is applied to what, in which ranges, and where the result goes."""

    id: str = Field(description="The same for the same version, segment ids and features")
    reference: Reference
    segment_ids: list[int] = Field(description="One a component, in the order of the components")
    view: str
    snapshot: Snapshot = Field(description="The features; it goes when they have been published")
    key: str
    rows_without_segment: int = Field(default=0, description="Because a feature is missing")
    ranges: list[RowRange] = Field(min_length=1)
    scored_at: datetime = Field(description="UTC, one for the whole table")

    @property
    def rows(self) -> int:
        """In all ranges."""
        return sum(part.rows for part in self.ranges)

    @property
    def staging(self) -> str:
        """The table that fills up until it is published, as SQL takes it."""
        return physical(self.view, self.id)


def plan_scoring(
    store: Store,
    settings: Segmentation,
    reference: Reference,
    segment_ids: Sequence[int],
    path: Path = WAREHOUSE,
) -> ScoringPlan:
    """Take a snapshot of the features, settle the ranges, and make the table that they go into.

    Where an earlier attempt at the same has left off, its table and its moment are taken up; what
    is left of attempts at anything else for the same view is dropped.

    Parameters
    ----------
    store, reference
        The version, and where it is.
    settings
        Those of today: where the features are and where scores go.
    segment_ids
        Of the version's components, in their order.
    path
        The DuckDB file.

    Raises
    ------
    InputError
        Before anything is written, for a feature table to which the model cannot be applied, or
        for a name of the view that is taken.
    """
    manifest, pipeline = artifacts.load(store, reference)
    model, features = Model(pipeline, 0), _read_by(manifest, settings)
    now = datetime.now(UTC)
    _check_ids(segment_ids, model.n_components)
    added = _score_columns(segment_ids, reference.version, now)
    if features.key.lower() in {*added, *DERIVED}:  # DuckDB takes no notice of capitals
        raise InputError(f"key {features.key!r}: scores have a column of that name; rename the key")
    demand_warehouse(path)
    pruning.prune_snapshots(store, settings.name)
    with transaction(path) as connection:
        shown(connection, settings.scores)
    with snapshot.taken(features, path) as rows:
        model.transform.refuse(*rows.extent(), features.model)
        step, total = settings.scoring.rows_per_task, rows.gaps.total
        version = reference.manifest_sha256
        identity = [version, list(segment_ids), settings.scores, rows.sha256, step]
        plan = ScoringPlan(
            id=hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16],
            reference=reference,
            segment_ids=list(segment_ids),
            view=settings.scores,
            snapshot=snapshot.put(store, settings.name, rows),
            key=features.key,
            rows_without_segment=rows.gaps.rows,
            ranges=[
                RowRange(first=first, rows=min(step, total - first))
                for first in range(0, total, step)
            ],
            scored_at=now,
        )
    with transaction(path) as connection:
        attempts.prepare(connection)
        kind = columns(connection, "main", features.model)[features.key]
        began = attempts.begin(connection, plan.view, plan.id, {plan.key: kind, **added}, now)
    return plan.model_copy(update={"scored_at": began})


def _read_by(manifest: Manifest, settings: Segmentation) -> Features:
    """What the version reads, of the feature table of today."""
    fitted_to = manifest.settings.features
    return fitted_to.model_copy(
        update={
            "model": settings.features.model,
            "columns": {name: fitted_to.columns[name] for name in manifest.data.features},
            "profile": {},
            "missing": settings.features.missing,
        }
    )


def _score_columns(segment_ids: Sequence[int], version: str, scored_at: datetime) -> dict[str, str]:
    """What the table of scores has besides the key: the columns in order, each as SQL defines it.

    What all rows have in common takes no room and no time to write. The probabilities do not
    compress: to try it takes longer than the mixture.
    """
    return {
        "segment_id": "INTEGER",
        **dict.fromkeys(probabilities(segment_ids), "FLOAT USING COMPRESSION uncompressed"),
        "model_version": f"VARCHAR AS ('{version}')",
        "scored_at": f"TIMESTAMP AS (TIMESTAMP '{scored_at.replace(tzinfo=None)}')",
    }


def _check_ids(segment_ids: Sequence[int], n_components: int) -> None:
    if len(segment_ids) != n_components or len(set(segment_ids)) != n_components:
        raise InputError(
            f"segment ids {list(segment_ids)}: a different one is needed for each of the model's "
            f"{n_components} components"
        )
