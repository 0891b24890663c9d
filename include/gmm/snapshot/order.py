"""Medians and quantiles of columns too long for memory: exact, sorted by DuckDB outside of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import numpy as np

from include.gmm.files import NO_EXTENSIONS
from include.gmm.mixture.parameters import Array
from include.gmm.snapshot.rows import GROUP_ROWS, Rows
from include.gmm.sql import literal, quoted

MEMORY = "300MB"  # of DuckDB; what a sort takes beyond goes to a temporary file


def median(rows: Rows, column: str) -> float | None:
    """The median of a column's values, the mean of the middle two; None if there are none."""
    with _values(rows, column) as values:
        n = _count(values)
        return float(_at(values, [(n - 1) // 2, n // 2]).mean()) if n else None


def quantiles(rows: Rows, column: str, levels: Sequence[float]) -> Array:
    """The values (q,) of a column at some levels in (0, 1), ascending: each is one of its own.

    By the inverse of the empirical distribution function (type 1 of Hyndman and Fan 1996, Sample
    quantiles in statistical packages).
    """
    with _values(rows, column) as values:
        places = np.ceil(np.asarray(levels) * _count(values)).astype(np.int64) - 1
        return _at(values, np.maximum(places, 0).tolist())


def next_smaller(rows: Rows, column: str, than: Sequence[float]) -> list[float]:
    """For each of these values the largest below it, of those that have one."""
    greatest = [f"max(value) FILTER (value < {value!r}::DOUBLE)" for value in than]
    if not greatest:
        return []
    with _values(rows, column) as values:
        found = values.aggregate(", ".join(greatest)).fetchall()[0]
    return [value for value in found if value is not None]


@contextmanager
def _values(rows: Rows, column: str) -> Iterator[duckdb.DuckDBPyRelation]:
    """The column's values, of rows that lack no feature, as a relation with one column."""
    there = [column, *(rows.features if rows.gaps.rows else [])]
    known = " AND ".join(f"NOT isnan({quoted(name)})" for name in there)
    with tempfile.TemporaryDirectory() as folder:
        settings = {**NO_EXTENSIONS, "memory_limit": MEMORY, "temp_directory": folder}
        with duckdb.connect(config=settings) as connection:
            file = f"FROM read_parquet({literal(str(rows.path))}, hive_partitioning = false)"
            yield connection.sql(f"SELECT {quoted(column)} AS value {file} WHERE {known}")


def _count(values: duckdb.DuckDBPyRelation) -> int:
    return int(values.aggregate("count(*)").fetchall()[0][0])


def _at(values: duckdb.DuckDBPyRelation, places: Sequence[int]) -> Array:
    """The values at places, ascending, of the sorted column."""
    wanted, found, start = np.array(places), np.empty(len(places)), 0
    for batch in values.order("value").to_arrow_reader(GROUP_ROWS):
        here = (wanted >= start) & (wanted < start + batch.num_rows)
        found[here] = batch.column(0).to_numpy()[wanted[here] - start]
        start += batch.num_rows
        if start > wanted[-1]:
            break
    return found
