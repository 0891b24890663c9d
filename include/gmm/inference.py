"""The types of a file's columns for pandas, those of CSV found from all of their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import duckdb
import pandas as pd

from include.gmm import sql
from include.gmm.errors import InputError

SAMPLE_ROWS = 20_000
CODE = r"[ \t]*[+-]?0\d+[ \t]*"  # 007 is no number: somebody else may be 7


class Column(Protocol):
    """One of a file, with its name in SQL and its type."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def position(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class _Seen:
    """What some rows show: how many they are, and of each column the values and fitting types."""

    rows: int
    values: list[int]
    kinds: list[list[str]]


def read(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    columns: Sequence[Column],
    key: str | None,
    where: str,
) -> pd.DataFrame:
    """The columns that have a name, each in the best type that holds all of its values.

    Raises InputError for values in a column without a name, and for a key that cannot be one.
    """
    tests = [_tests(column, key) for column in columns]
    seen = _look(connection, f"(FROM {rows} LIMIT {SAMPLE_ROWS})", columns, tests)
    if seen.rows == SAMPLE_ROWS:  # there may be more, which need not be as these are
        if all(seen.values):
            try:
                chosen = _chosen(columns, seen, key, where, tests)
                return _frame(connection, rows, chosen)
            except duckdb.InvalidInputException:
                pass  # the others are different
        seen = _look(connection, rows, columns, tests)
    return _frame(connection, rows, _chosen(columns, seen, key, where))


def _look(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    columns: Sequence[Column],
    tests: list[dict[str, str]],
) -> _Seen:
    counts = [f"count({column.position})" for column in columns]
    held = [
        f"bool_and({condition}) FILTER (WHERE {column.position} IS NOT NULL)"
        for column, test in zip(columns, tests, strict=True)
        for condition in test.values()
    ]
    query = f"SELECT {', '.join(['count(*)', *counts, *held])} FROM {rows}"  # noqa: S608
    found = iter(connection.execute(query).fetchall()[0])
    rows_seen, values = next(found), [next(found) for _ in columns]
    return _Seen(rows_seen, values, [[kind for kind in test if next(found)] for test in tests])


def _chosen(
    columns: Sequence[Column],
    seen: _Seen,
    key: str | None,
    where: str,
    tests: list[dict[str, str]] | None = None,
) -> dict[str, str]:
    """What to select for each column that has a name; with tests, an error where they fail."""
    chosen: dict[str, str] = {}
    for at, (column, kinds) in enumerate(zip(columns, seen.kinds, strict=True)):
        value = column.position
        if not column.name:
            if seen.values[at]:
                raise InputError(f"{where}: column {at + 1} has values and no name; give it one")
        elif kinds and tests:
            chosen[column.name] = sql.checked(value, tests[at][kinds[0]], kinds[0])
        elif kinds:
            chosen[column.name] = f"CAST({value} AS {kinds[0]})"
        elif column.name == key:
            chosen[column.name] = sql.key_as_read(value, column.kind, f"{where}: key {key!r}")
        elif _is_wide(column.kind) and not key:
            chosen[column.name] = f"CAST({value} AS VARCHAR)"
        else:
            chosen[column.name] = value
    return chosen


def _frame(
    connection: duckdb.DuckDBPyConnection, rows: str, chosen: dict[str, str]
) -> pd.DataFrame:
    query = f"SELECT {', '.join(chosen.values())} FROM {rows}"  # noqa: S608
    frame: pd.DataFrame = connection.sql(query).df()
    frame.columns = pd.Index(list(chosen))
    return frame


def _is_wide(kind: str) -> bool:
    """Whether a float cannot hold all numbers of a type."""
    return kind == "HUGEINT" or kind.startswith("DECIMAL")


def _tests(column: Column, key: str | None) -> dict[str, str]:
    """What a column may be, the best type first, and under which condition."""
    value = column.position
    whole = f"TRY_CAST({value} AS BIGINT)"
    if column.kind != "VARCHAR":
        wide = _is_wide(column.kind) and not key
        return {"DOUBLE": sql.lossless(value, column.kind, "DOUBLE")} if wide else {}
    if column.name == key:
        return {"BIGINT": f"coalesce({whole}::VARCHAR = {value}, false)"}
    code = f"NOT {sql.matches(value, CODE)}"
    return {
        "BIGINT": f"({code} AND {sql.matches(value, sql.DIGITS)} AND {whole} IS NOT NULL)",
        "DOUBLE": f"({code} AND {sql.lossless(value, 'VARCHAR', 'DOUBLE')})",
        "BOOLEAN": sql.matches(value, "(?i)true|false"),
        "DATE": sql.lossless(value, "VARCHAR", "DATE"),
        "TIMESTAMP": sql.lossless(value, "VARCHAR", "TIMESTAMP"),
    }
