"""Score one range of keys, in one transaction."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.source import CHUNK_ROWS
from include.gmm.mixture.workers import threads
from include.gmm.scoring import attempts
from include.gmm.scoring.engine import Engine
from include.gmm.scoring.plan import ScoringPlan
from include.gmm.scoring.tables import probabilities, transaction
from include.gmm.settings import WAREHOUSE
from include.gmm.sql import quoted
from include.gmm.store import Store
from include.gmm.versions import artifacts

BATCH_ROWS = 2 * CHUNK_ROWS  # what a thread takes at a time; all of it stays in the cache


def score_range(store: Store, plan: ScoringPlan, number: int, path: Path = WAREHOUSE) -> int:
    """Write the segments of the range with that number (from 0); returns the rows that it has.

    A range that is done is left alone. After an error or a crash nothing of it is there.
    Raises InputError when the features changed since the plan was made, or when a later plan for
    the same view has taken its place.
    """
    _, model = artifacts.load(store, plan.reference)
    return score_with(Engine(model, plan.ranges[number].rows), plan, number, path)


def score_with(engine: Engine, plan: ScoringPlan, number: int, path: Path) -> int:
    """As `score_range`, with a model that is loaded already."""
    with transaction(path, written=len(plan.segment_ids) + 2) as connection:
        refuse_closed(connection, plan)
        if number in (done := attempts.done(connection, plan.id)):
            return done[number]
        written = _write(connection, engine, plan, number)
        if written != plan.ranges[number].rows:
            raise InputError(changed(plan))
        connection.execute("INSERT INTO scores.ranges VALUES (?, ?, ?)", [plan.id, number, written])
    return written


def refuse_closed(connection: duckdb.DuckDBPyConnection, plan: ScoringPlan) -> None:
    """Raises InputError when the plan is not, or no longer, being carried out."""
    if not attempts.is_open(connection, plan.id):
        raise InputError(
            f"the scoring of {plan.view!r} that was planned at {plan.scored_at:%Y-%m-%d %H:%M} UTC "
            "is no longer open: it was published, or another one was planned since. Plan it again"
        )


def changed(plan: ScoringPlan) -> str:
    """What to say when the features are not those of the plan any more."""
    return (
        f"{plan.features}: the features changed after the scoring of {plan.view!r} was planned, "
        f"so {plan.view!r} is left as it was; score again"
    )


def _write(
    connection: duckdb.DuckDBPyConnection, engine: Engine, plan: ScoringPlan, number: int
) -> int:
    part = plan.ranges[number]
    features = ", ".join(f"{quoted(name)}::DOUBLE AS {quoted(name)}" for name in engine.names)
    first, last = (
        duckdb.ConstantExpression(end).cast(duckdb.sqltype(plan.key_type))
        for end in (part.first, part.last)
    )
    # By another cursor: one cannot read and write at the same time.
    table = connection.cursor().table(f"main.{quoted(plan.features)}")
    rows = table.filter(duckdb.ColumnExpression(plan.key).between(first, last))
    batches = rows.project(f"{quoted(plan.key)}, {features}").to_arrow_reader(BATCH_ROWS)
    schema = _schema(plan, batches.schema.field(plan.key))
    ids = np.array(plan.segment_ids, np.int32)
    with threads() as workers:
        score = partial(_scored, engine, ids, schema, plan.rows_without_segment > 0)
        scored = workers.over(score, batches)
        scores = pa.RecordBatchReader.from_batches(schema, scored)
        connection.register("scores_of_range", scores)
        written = connection.execute(f"INSERT INTO {plan.staging} BY NAME FROM scores_of_range")
        return int(written.fetchall()[0][0])


def _schema(plan: ScoringPlan, key: pa.Field) -> pa.Schema:
    """The columns that are written: the others of the table are made of them when it is read."""
    numbers = [pa.field(name, pa.float32()) for name in probabilities(plan.segment_ids)]
    return pa.schema([key, pa.field("segment_id", pa.int32()), *numbers])


def _scored(
    engine: Engine,
    ids: NDArray[np.int32],
    schema: pa.Schema,
    gaps: bool,
    batch: pa.RecordBatch,
) -> pa.RecordBatch:
    """The scores of a batch; `gaps`: null for rows in which a feature is missing."""
    missing = _missing(engine.names, batch) if gaps else None
    if missing is None or not missing.any():
        memberships = engine.memberships(batch)
        arrays = [ids[most_probable(memberships)], *memberships.astype(np.float32)]
        return pa.RecordBatch.from_arrays([batch.column(0), *map(pa.array, arrays)], schema=schema)
    known = engine.memberships(batch.filter(pa.array(~missing)))
    memberships = np.zeros((len(known), len(missing)))
    memberships[:, ~missing] = known
    arrays = [ids[most_probable(memberships)], *memberships.astype(np.float32)]
    columns = [pa.array(array, mask=missing) for array in arrays]
    return pa.RecordBatch.from_arrays([batch.column(0), *columns], schema=schema)


def _missing(names: list[str], batch: pa.RecordBatch) -> NDArray[np.bool_]:
    """In which rows (m,) a feature is null or NaN."""
    missing = np.zeros(batch.num_rows, bool)
    for name in names:
        missing |= np.isnan(batch.column(name).to_numpy(zero_copy_only=False))
    return missing


def most_probable(memberships: Array) -> NDArray[np.int16]:
    """The component (m,) that is most probable for each row, the first of equal ones.

    argmax along the first axis says the same, and takes as long as the mixture.
    """
    largest = memberships.max(axis=0)
    from_last = np.zeros(len(largest), np.int16)
    for place, of_component in enumerate(reversed(memberships)):
        np.maximum(from_last, (of_component == largest) * np.int16(place), out=from_last)
    return np.int16(len(memberships) - 1) - from_last
