"""Types of PostgreSQL by the names that DuckDB has for them, and the other way round."""

from __future__ import annotations

import re

from include.gmm.errors import InputError

# What PostgreSQL has for each type of DuckDB. Those in AS_TEXT have no counterpart in Arrow, or
# none that its driver sends: they are sent as text, and converted there.
TYPES = {
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "SMALLINT": "smallint",
    "USMALLINT": "integer",
    "INTEGER": "integer",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "UBIGINT": "numeric(20,0)",
    "HUGEINT": "numeric(39,0)",
    "UHUGEINT": "numeric(39,0)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "VARCHAR": "text",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "UUID": "uuid",
    "JSON": "json",
    "BLOB": "bytea",
}
_ANY_NUMBER = "DECIMAL(1000,500)"  # numeric without a precision
AS_TEXT = ("UBIGINT", "HUGEINT", "UHUGEINT", "UUID", "JSON")

# How the catalog of PostgreSQL writes its types, without their precision.
_CATALOG = {
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "boolean": "BOOLEAN",
    "text": "VARCHAR",
    "character varying": "VARCHAR",
    "character": "VARCHAR",
    "name": "VARCHAR",
    "date": "DATE",
    "time without time zone": "TIME",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "uuid": "UUID",
    "json": "JSON",
    "jsonb": "JSON",
    "bytea": "BLOB",
    "interval": "INTERVAL",
}


def of_duckdb(kind: str, where: str) -> str:
    """The type of PostgreSQL for one of DuckDB.

    Parameters
    ----------
    kind
        As DuckDB itself writes it.
    where
        Names the column in errors.

    Raises
    ------
    InputError
        If there is none that holds the same values.
    """
    if kind == _ANY_NUMBER:
        return "numeric"
    if kind.startswith("DECIMAL("):
        return kind.replace("DECIMAL", "numeric")
    if kind not in TYPES:
        raise InputError(f"{where}: PostgreSQL has no type like {kind}; declare another one")
    return TYPES[kind]


def to_duckdb(kind: str) -> str:
    """The name that DuckDB has for a type, as the catalog of PostgreSQL writes it.

    Any other type keeps its name, which no type of numbers and no type of keys has.
    """
    plain = re.sub(r"\(.*?\)", "", kind)
    if plain == "numeric":
        digits = re.search(r"\((\d+),(-?\d+)\)", kind)
        # Without a precision, or with a scale that DuckDB does not know, it holds any number.
        return f"DECIMAL({digits[1]},{digits[2]})" if digits else _ANY_NUMBER
    return _CATALOG.get(plain, kind.upper())
