"""What a scoring will do, settled before anything is scored: small enough for XCom."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from include.gmm.errors import InputError
from include.gmm.scoring import attempts
from include.gmm.scoring.checks import check_features, digest, key_ranges
from include.gmm.scoring.engine import Engine
from include.gmm.scoring.tables import DERIVED, physical, probabilities, shown, transaction
from include.gmm.settings import WAREHOUSE, Segmentation
from include.gmm.store import Store
from include.gmm.versions import artifacts
from include.gmm.versions.artifacts import Reference
from include.gmm.warehouse import columns, demand_warehouse


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeyRange(_Record):
    """Rows that are scored together, by their keys as text; both ends belong to it."""

    first: str
    last: str
    rows: int


class ScoringPlan(_Record):
    """Which version is applied to what, in which ranges, and where the result goes."""

    id: str = Field(description="The same for the same version, segment ids and features")
    reference: Reference
    segment_ids: list[int] = Field(description="One a component, in the order of the components")
    view: str
    features: str = Field(description="The feature table")
    key: str
    key_type: str = Field(description="In SQL")
    digest: str = Field(description="Of key and features, by which a change is noticed")
    rows_without_segment: int = Field(default=0, description="Because a feature is missing")
    ranges: list[KeyRange] = Field(min_length=1)
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
    """Check model and features, settle the ranges, and make the empty table that they go into.

    Where an earlier attempt at the same has left off, its table and its moment are taken up; what
    is left of attempts at anything else for the same view is dropped.
    Raises InputError, before anything is written, for a feature table to which the model cannot be
    applied, or for a name of the view that is taken.
    """
    manifest, model = artifacts.load(store, reference)
    key, scales, features = manifest.data.key, manifest.data.features, settings.features.model
    now = datetime.now(UTC)
    _check_ids(segment_ids, Engine(model, 0).n_components)
    added = _score_columns(segment_ids, reference.version, now)
    if key.lower() in {*added, *DERIVED}:  # DuckDB takes no notice of capitals
        raise InputError(f"key {key!r}: scores have a column of that name; rename the key")
    demand_warehouse(path)
    with transaction(path) as connection:
        shown(connection, settings.scores)
        gaps = check_features(connection, features, key, scales, settings.features.missing)
        found = key_ranges(connection, features, key, settings.scoring.rows_per_task)
        known = digest(connection, features, key, scales)
        identity = [reference.manifest_sha256, list(segment_ids), settings.scores, known, found]
        plan = ScoringPlan(
            id=hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16],
            reference=reference,
            segment_ids=list(segment_ids),
            view=settings.scores,
            features=features,
            key=key,
            key_type=columns(connection, "main", features)[key],
            digest=known,
            rows_without_segment=gaps.rows,
            ranges=[KeyRange(first=first, last=last, rows=rows) for first, last, rows in found],
            scored_at=now,
        )
        attempts.prepare(connection)
        definitions = {key: plan.key_type, **added}
        began = attempts.begin(connection, plan.view, plan.id, definitions, now)
    return plan.model_copy(update={"scored_at": began})


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
