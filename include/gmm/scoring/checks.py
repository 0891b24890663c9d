"""Whether a model can be applied to a feature table, found out by DuckDB: the rows stay there."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from include.gmm.columns import LARGEST
from include.gmm.errors import InputError
from include.gmm.features import LEAVE_OUT, Gaps, Scale
from include.gmm.settings import Missing
from include.gmm.sql import quoted, refuse_no_key
from include.gmm.warehouse import columns

NUMERIC = re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)")
BATCH_ROWS = 100_000  # keys that are looked at at a time


def check_features(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    key: str,
    features: Mapping[str, Scale],
    missing: Missing = "refuse",
) -> Gaps:
    """How many rows the feature table has, and in how many a feature is missing (empty or NaN).

    Raises InputError that names the column which is not there, is not of numbers, or has a value
    that the model cannot take; and those that are missing somewhere, if that is to be refused.
    """
    types = columns(connection, "main", table)
    if not types:
        raise InputError(f"the warehouse has no table main.{table}; build the dbt models first")
    absent = [name for name in (key, *features) if name not in types]
    if absent:
        raise InputError(
            f"{table}: no column {_listed(absent)}, which the model was fitted to; "
            f"it has {_listed(types)}"
        )
    refuse_no_key(types[key], f"{table}: key {key!r}")
    for name in features:
        if not NUMERIC.fullmatch(types[name]):
            raise InputError(
                f"{table}: column {name!r} is {types[name]}, and every feature must be a number; "
                "convert it in the dbt model"
            )
    relation = connection.table(f"main.{quoted(table)}")
    rows, keys = relation.aggregate(f"count(*), count({quoted(key)})").fetchall()[0]
    if rows == 0:
        raise InputError(f"{table}: there are no rows")
    if keys < rows:
        raise InputError(f"{table}: key {key!r} is empty in {rows - keys} rows")
    facts = _facts(relation, {name: quoted(name) for name in features})
    # NaN comes after infinity. It is missing, too, and is not among what is counted anew.
    lacking = {
        name: f"nullif({quoted(name)}::DOUBLE, 'NaN'::DOUBLE)"
        for name, (count, _, greatest) in facts.items()
        if count < rows or math.isnan(greatest)
    }
    if lacking:
        facts |= _facts(relation, lacking)
    gaps = Gaps(
        _rows_with_any(relation, [f"{value} IS NULL" for value in lacking.values()]),
        rows,
        {name: rows - facts[name][0] for name in lacking},
    )
    if gaps.rows and missing == "refuse":
        raise InputError(f"{table}: {gaps}; {LEAVE_OUT}")
    if gaps.rows == rows:
        raise InputError(f"{table}: no row has a value in every feature: {gaps}")
    for name, scale in features.items():
        _, least, greatest = facts[name]
        _refuse_ends(f"{table}: column {name!r}", least, greatest, scale)
    return gaps


def _facts(
    relation: duckdb.DuckDBPyRelation, values: Mapping[str, str]
) -> dict[str, tuple[int, float, float]]:
    """Of each value (in SQL): how often it is there, the least and the greatest.

    Of a column as it is, DuckDB takes them from the statistics that it keeps.
    """
    facts = [f"count({of}), min({of})::DOUBLE, max({of})::DOUBLE" for of in values.values()]
    found = relation.aggregate(", ".join(facts)).fetchall()[0]
    return {name: found[3 * place : 3 * place + 3] for place, name in enumerate(values)}


def _rows_with_any(relation: duckdb.DuckDBPyRelation, conditions: list[str]) -> int:
    if not conditions:
        return 0
    found = relation.filter(" OR ".join(conditions)).aggregate("count(*)").fetchall()
    return int(found[0][0])


def _refuse_ends(named: str, least: float, greatest: float, scale: Scale) -> None:
    """Raises InputError for a column whose least or greatest value the model cannot take."""
    if not (math.isfinite(least) and math.isfinite(greatest)):
        raise InputError(
            f"{named} is infinite in some rows; every value of a feature must be a finite number"
        )
    if (largest := max(-least, greatest)) > LARGEST:
        raise InputError(
            f"{named} has values beyond {LARGEST:g}, such as {largest:g}: too large to reckon "
            "with; correct them, or use a larger unit"
        )
    if scale.transform == "log1p" and least <= -1:
        raise InputError(
            f"{named} goes down to {least:g}, but the model reads it as log1p, which needs values "
            "above -1; mend the values, or train with another transform"
        )


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
