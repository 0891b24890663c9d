"""Whether a model can be applied to a feature table, found out by DuckDB: the rows stay there."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from include.gmm.errors import InputError
from include.gmm.features import Scale
from include.gmm.sql import quoted, refuse_no_key
from include.gmm.warehouse import columns

NUMERIC = re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)")
BATCH_ROWS = 100_000  # keys that are looked at at a time


def check_features(
    connection: duckdb.DuckDBPyConnection, table: str, key: str, features: Mapping[str, Scale]
) -> int:
    """How many rows the feature table has.

    Raises InputError that names the column which is not there, is not of numbers, or has a value
    that the model cannot take.
    """
    types = columns(connection, "main", table)
    if not types:
        raise InputError(f"the warehouse has no table main.{table}; build the dbt models first")
    missing = [name for name in (key, *features) if name not in types]
    if missing:
        raise InputError(
            f"{table}: no column {_listed(missing)}, which the model was fitted to; "
            f"it has {_listed(types)}"
        )
    refuse_no_key(types[key], f"{table}: key {key!r}")
    for name in features:
        if not NUMERIC.fullmatch(types[name]):
            raise InputError(
                f"{table}: column {name!r} is {types[name]}, and every feature must be a number; "
                "convert it in the dbt model"
            )
    # From the statistics that DuckDB keeps: NaN comes after infinity.
    facts = ", ".join(
        f"count({name}), min({name})::DOUBLE, max({name})::DOUBLE" for name in map(quoted, features)
    )
    relation = connection.table(f"main.{quoted(table)}")
    counted = relation.aggregate(f"count(*), count({quoted(key)}), {facts}")
    rows, keys, *ends = counted.fetchall()[0]
    if rows == 0:
        raise InputError(f"{table}: there are no rows")
    if keys < rows:
        raise InputError(f"{table}: key {key!r} is empty in {rows - keys} rows")
    for place, (name, scale) in enumerate(features.items()):
        present, least, greatest = ends[3 * place : 3 * place + 3]
        if present < rows:
            raise InputError(
                f"{table}: column {name!r} is empty in {rows - present} rows; "
                "fill them or leave those rows out"
            )
        if not (math.isfinite(least) and math.isfinite(greatest)):
            raise InputError(
                f"{table}: column {name!r} is NaN or infinite in some rows; "
                "every value of a feature must be a finite number"
            )
        if scale.transform == "log1p" and least <= -1:
            raise InputError(
                f"{table}: column {name!r} goes down to {least:g}, but the model reads it as "
                "log1p, which needs values above -1; mend the values, or train with another "
                "transform"
            )
    return int(rows)


def digest(
    connection: duckdb.DuckDBPyConnection, table: str, key: str, features: Mapping[str, Scale]
) -> str:
    """What tells the rows of key and features from others, whatever their order."""
    hashed = ", ".join(map(quoted, (key, *features)))
    relation = connection.table(f"main.{quoted(table)}")
    rows, total = relation.aggregate(f"count(*), sum(hash({hashed})::HUGEINT)").fetchall()[0]
    return f"{rows}-{total or 0:032x}"


def key_ranges(
    connection: duckdb.DuckDBPyConnection, table: str, key: str, rows: int
) -> list[tuple[str, str, int]]:
    """First key, last key and number of rows, in the order of keys, `rows` at most in each.

    Raises InputError when a key is there twice.
    """
    name = quoted(key)
    ordered = connection.table(f"main.{quoted(table)}").project(name).order(name)
    ranges: list[tuple[str, str, int]] = []
    first, last, count = "", None, 0
    for keys in _cut(ordered.to_arrow_reader(BATCH_ROWS), rows):
        _refuse_repeated(keys, last, f"{table}: key {key!r}")
        first = str(keys[0]) if count == 0 else first
        last = keys[-1]
        count += len(keys)
        if count == rows:
            ranges.append((first, str(last), count))
            count = 0
    return [*ranges, (first, str(last), count)] if count else ranges


def _cut(batches: pa.RecordBatchReader, rows: int) -> Iterator[pa.Array]:
    """The first column, in pieces of which none goes over a multiple of `rows`."""
    start = 0
    for batch in batches:
        at = 0
        while at < batch.num_rows:
            size = min(rows - start % rows, batch.num_rows - at)
            yield batch.column(0).slice(at, size)
            at, start = at + size, start + size


def _refuse_repeated(keys: pa.Array, before: pa.Scalar | None, what: str) -> None:
    repeated = keys[1:].filter(pc.equal(keys[1:], keys[:-1]))
    if before is not None and keys[0] == before:
        repeated = keys[:1]
    if len(repeated):
        raise InputError(
            f"{what} is not unique: {str(repeated[0])!r} is there more than once; "
            "one row per key is needed"
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
