"""What a scoring will do, settled before anything is scored: small enough for XCom."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from include.gmm import snapshot
from include.gmm.errors import InputError
from include.gmm.model import Model
from include.gmm.scoring import attempts
from include.gmm.scoring.tables import COLUMNS, Scores, probabilities
from include.gmm.settings import Features, Segmentation
from include.gmm.snapshot import Snapshot
from include.gmm.sql import key_type
from include.gmm.store import Store
from include.gmm.versions import artifacts, champion, pruning
from include.gmm.versions.records import Champion, Manifest, Reference
from include.gmm.warehouse import Connection, Warehouse


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
    key_type: str = Field(description="As it is in the table of features")
    segment_names: dict[int, str] = Field(description="What people call the segments")
    rows_without_segment: int = Field(default=0, description="Because a feature is missing")
    ranges: list[RowRange] = Field(min_length=1)
    scored_at: datetime = Field(description="UTC, one for the whole table")

    @property
    def rows(self) -> int:
        """In all ranges."""
        return sum(part.rows for part in self.ranges)

    def scores(self, connection: Connection, warehouse: Warehouse) -> Scores:
        """Where the result goes, in one transaction."""
        return Scores(connection, warehouse, self.view)


def plan_scoring(
    store: Store,
    settings: Segmentation,
    reference: Reference,
    segment_ids: Sequence[int],
    warehouse: Warehouse,
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
    warehouse
        Where the features are, and where scores go.

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
    # Some databases take no notice of capitals.
    if features.key.lower() in {*COLUMNS, *probabilities(segment_ids)}:
        raise InputError(f"key {features.key!r}: scores have a column of that name; rename the key")

    def key_of(connection: Connection) -> str:
        scores = Scores(connection, warehouse, settings.scores)
        scores.shown()  # refuses a name that is taken
        return connection.columns(warehouse.schema, features.model).get(features.key, "")

    kind = warehouse.run(key_of)
    pruning.prune_snapshots(store, settings.name)
    with snapshot.taken(features, warehouse) as rows:
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
            key_type=kind,
            segment_names=_names(settings, champion.read(store, settings.name), segment_ids),
            rows_without_segment=rows.gaps.rows,
            ranges=[
                RowRange(first=first, rows=min(step, total - first))
                for first in range(0, total, step)
            ],
            scored_at=now,
        )

    def begun(connection: Connection) -> datetime:
        scores = plan.scores(connection, warehouse)
        scores.prepare()
        columns = {plan.key: key_type(kind), **_score_columns(segment_ids)}
        return attempts.begin(scores, plan.id, columns, now)

    return plan.model_copy(update={"scored_at": warehouse.run(begun)})


def _names(
    settings: Segmentation, present: Champion | None, segment_ids: Sequence[int]
) -> dict[int, str]:
    last = present.greatest_id if present else max(segment_ids)
    return {} if settings.names_beyond(last) else dict(settings.segment_names)


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


def _score_columns(segment_ids: Sequence[int]) -> dict[str, str]:
    """What the table of scores has besides the key: the columns in order, each with its type."""
    return {"segment_id": "INTEGER", **dict.fromkeys(probabilities(segment_ids), "FLOAT")}


def _check_ids(segment_ids: Sequence[int], n_components: int) -> None:
    if len(segment_ids) != n_components or len(set(segment_ids)) != n_components:
        raise InputError(
            f"segment ids {list(segment_ids)}: a different one is needed for each of the model's "
            f"{n_components} components"
        )
