"""Score one range of rows, in one transaction."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from include.gmm.errors import InputError
from include.gmm.mixture.workers import threads
from include.gmm.model import Model
from include.gmm.scoring import attempts
from include.gmm.scoring.plan import ScoringPlan
from include.gmm.scoring.tables import Scores, probabilities
from include.gmm.snapshot import opened
from include.gmm.snapshot.rows import Batch, Rows
from include.gmm.store import Store
from include.gmm.versions import artifacts
from include.gmm.warehouse import Connection, Warehouse


def score_range(store: Store, plan: ScoringPlan, number: int, warehouse: Warehouse) -> int:
    """Write the segments of the range with that number (from 0); returns the rows that it has.

    A range that is done is left alone. After an error or a crash nothing of it is there.
    Raises InputError when the snapshot is gone, or when a later plan for the same view has taken
    the place of this one.
    """
    _, pipeline = artifacts.load(store, plan.reference)
    with opened(store, plan.snapshot) as rows:
        return score_with(Model(pipeline, plan.ranges[number].rows), rows, plan, number, warehouse)


def score_with(
    model: Model, rows: Rows, plan: ScoringPlan, number: int, warehouse: Warehouse
) -> int:
    """As `score_range`, with a model that is loaded and a snapshot that is open already."""
    part = plan.ranges[number]

    def scored(connection: Connection) -> None:
        scores = plan.scores(connection, warehouse)
        claimed = attempts.claim(scores, plan.id, number, part.rows)
        refuse_closed(scores, plan)
        if claimed:
            _write(scores, model, rows, plan, number)

    warehouse.run(scored, written=len(plan.segment_ids) + 2)
    return part.rows


def refuse_closed(scores: Scores, plan: ScoringPlan) -> None:
    """Raises InputError when the plan is not, or no longer, being carried out."""
    if not attempts.is_open(scores, plan.id):
        raise InputError(
            f"the scoring of {plan.view!r} that was planned at {plan.scored_at:%Y-%m-%d %H:%M} UTC "
            "is no longer open: it was published, or another one was planned since. Plan it again"
        )


def _write(scores: Scores, model: Model, rows: Rows, plan: ScoringPlan, number: int) -> None:
    part, ids = plan.ranges[number], np.array(plan.segment_ids, np.int32)
    # The others of the table are made of these when it is read.
    names = [plan.key, "segment_id", *probabilities(plan.segment_ids)]
    types = [rows.key_type, pa.int32(), *[pa.float32()] * len(ids)]
    schema = pa.schema(list(zip(names, types, strict=True)))
    with threads() as workers:
        scored = workers.over(
            partial(_scored, model, rows, ids, schema), rows.range(part.first, part.rows)
        )
        reader = pa.RecordBatchReader.from_batches(schema, scored)
        scores.connection.append(scores.warehouse.scores, scores.table(plan.id), reader)


def _scored(
    model: Model, rows: Rows, ids: NDArray[np.int32], schema: pa.Schema, batch: Batch
) -> pa.RecordBatch:
    """The scores of a batch: null for rows in which a feature is missing."""
    values = batch.columns(rows, model.names)
    missing = np.isnan(values).any(axis=1) if rows.gaps.rows else np.zeros(len(values), bool)
    known = model.of(values[~missing] if missing.any() else values)
    columns = [ids[known.most_probable], *known.responsibilities.astype(np.float32)]
    arrays = [pa.array(_spread(column, missing), mask=missing) for column in columns]
    return pa.RecordBatch.from_arrays([batch.keys, *arrays], schema=schema)


def _spread(column: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[Any]:
    """The values of the rows that have one, in their places among all rows."""
    if len(column) == len(missing):
        return column
    spread = np.zeros(len(missing), column.dtype)
    spread[~missing] = column
    return spread
