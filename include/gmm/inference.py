"""The types of a file's columns for pandas, those of CSV found from all of their values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import duckdb

from include.gmm import sql
from include.gmm.errors import InputError

CODE = r"[ \t]*[+-]?0\d+[ \t]*"  # 007 is no number: somebody else may be 7


class Column(Protocol):
    """One of a file, with its name in SQL and its type."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def position(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102


def expressions(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    columns: Sequence[Column],
    key: str | None,
    where: str,
) -> dict[str, str]:
    """What to select from rows for each column that has a name.

    Raises InputError for values in a column without a name, and for a key that cannot be one.
    """
    tests = {
        (column.position, kind): condition
        for column in columns
        for kind, condition in _tests(column, key).items()
    }
    counted = [f"count({column.position})" for column in columns]
    held = [
        f"bool_and({condition}) FILTER (WHERE {position} IS NOT NULL)"
        for (position, _), condition in tests.items()
    ]
    found = connection.execute(f"SELECT {', '.join([*counted, *held])} FROM {rows}").fetchall()[0]  # noqa: S608
    passed = dict(zip(tests, found[len(columns) :], strict=True))
    chosen: dict[str, str] = {}
    for number, (column, values) in enumerate(zip(columns, found, strict=False), start=1):
        value, kinds = (
            column.position,
            [of[1] for of in passed if passed[of] and of[0] == column.position],
        )
        if not column.name:
            if values:
                raise InputError(f"{where}: column {number} has values and no name; give it one")
        elif kinds:
            chosen[column.name] = f"CAST({value} AS {kinds[0]})"
        elif column.name == key:
            chosen[column.name] = sql.key_as_read(value, column.kind, f"{where}: key {key!r}")
        elif (value, "DOUBLE") in tests:
            chosen[column.name] = f"CAST({value} AS VARCHAR)"
        else:
            chosen[column.name] = value
    return chosen


def _tests(column: Column, key: str | None) -> dict[str, str]:
    """What a column may be, the best type first, and under which condition."""
    value = column.position
    whole = f"TRY_CAST({value} AS BIGINT)"
    if column.kind != "VARCHAR":
        wide = column.kind == "HUGEINT" or column.kind.startswith("DECIMAL")
        # Any column may be the key that is not named.
        return {"DOUBLE": sql.lossless(value, column.kind, "DOUBLE")} if wide and not key else {}
    if column.name == key:
        return {"BIGINT": f"coalesce({whole}::VARCHAR = {value}, false)"}
    code = f"NOT {sql.matches(value, CODE)}"
    return {
        "BIGINT": f"{code} AND {sql.matches(value, sql.DIGITS)} AND {whole} IS NOT NULL",
        "DOUBLE": f"{code} AND {sql.lossless(value, 'VARCHAR', 'DOUBLE')}",
        "BOOLEAN": sql.matches(value, "(?i)true|false"),
        "DATE": sql.lossless(value, "VARCHAR", "DATE"),
        "TIMESTAMP": sql.lossless(value, "VARCHAR", "TIMESTAMP"),
    }
