"""What a segmentation may declare of its source: a table, types of columns, an encoding.

Checked without DuckDB, because Airflow reads the segmentations again and again.
"""

from __future__ import annotations

import re

# Every name that DuckDB has for a type whose values are numbers, texts, times or bytes.
TYPES = re.compile(
    "u?(tiny|small|big|huge)?int|int(eger|egral|1|2|4|8|16|32|64|128)?|uint(eger|8|16|32|64|128)|"
    "short|long|signed|oid|bignum|varint|float[48]?|double|real|dec(imal)?|numeric|bool(ean)?|"
    "logical|char(acter)?|n?varchar|bpchar|string|text|json|date|datetime|interval|time(tz|_ns)?|"
    "timestamp(tz|_s|_ms|_us|_ns|tz_ns)?|uuid|guid|bit|bitstring|blob|bytea|(var)?binary|"
    "double precision|char(acter)? varying|time(stamp)? with(out)? time zone"
)
# Of DuckDB itself, and of the scores that this project writes.
RESERVED = ("information_schema", "pg_catalog", "scores", "system", "temp")


def sql_type(text: str) -> str:
    """A type, such as BIGINT, DECIMAL(10, 2) or DOUBLE PRECISION. Raises ValueError."""
    spaced = " ".join(text.lower().split())
    if not TYPES.fullmatch(re.sub(r" ?\( ?\d+ ?(, ?\d+ ?)?\)$", "", spaced)):
        raise ValueError(
            f"{text!r} is no type of DuckDB; write BIGINT, DOUBLE, DECIMAL(10, 2), VARCHAR, DATE, "
            "TIMESTAMP or another of its types of numbers, texts and times"
        )
    return text


def columns(types: dict[str, str]) -> dict[str, str]:
    """Columns with their types. Raises ValueError for names that are the same to SQL."""
    by_name: dict[str, str] = {}
    for name in types:
        if other := by_name.get(name.lower()):
            raise ValueError(f"{other!r} and {name!r} are the same column to SQL; keep one of them")
        by_name[name.lower()] = name
    return types


def table(text: str) -> str:
    """A table, as schema.table. Raises ValueError for a schema that is not the user's."""
    if not re.fullmatch(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*", text):
        raise ValueError(
            f"{text!r}: write schema.table in lower-case letters, digits and _, such as raw.visits"
        )
    schema = text.split(".")[0]
    if schema in RESERVED:
        raise ValueError(f"{text!r}: the schema {schema} is reserved; write another, such as raw")
    return text


def encoding(text: str) -> str:
    """An encoding of text that Python knows. Raises ValueError."""
    try:
        "a".encode(text)
    except (LookupError, ValueError) as error:
        raise ValueError(
            f"{text!r} is no encoding; write utf-8, utf-16, cp1252 or another one that Python knows"
        ) from error
    return text
