"""SQL expressions: names and texts whatever is in them, and casts that lose nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from include.gmm.errors import InputError

INTEGER = r"[ \t]*[+-]?\d+(\.0*)?([eE]\+?\d+)?[ \t]*"
NUMBER = r"[ \t]*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[ \t]*"
SHORT = r"[ \t]*[+-]?(\d{1,15}(\.\d*)?|\.\d+)[ \t]*"  # neither overflow nor a digit too many
DIGITS = r"[ \t]*[+-]?\d+[ \t]*"
NO_NUMBER = r"[ \t]*([+-]?inf(inity)?|[+-]?nan)[ \t]*"
BOOLEAN = r"[ \t]*(true|false|t|f|yes|no|y|n|1|0)[ \t]*"
DAY = r"\d{4,6}[-/]\d{1,2}[-/]\d{1,2}"
OFFSET = r" ?(Z|UTC|[+-]\d{2}(:\d{2})?)"
LONGEST_NAME = 63  # bytes in PostgreSQL, which cuts longer ones off
FRACTION = {"TIMESTAMP_S": 0, "TIMESTAMP_MS": 3, "TIMESTAMP_NS": 9, "TIME_NS": 9}  # digits; else 6

# Types that pandas holds as exactly as DuckDB; others that are keys become text there.
AS_THEY_ARE = re.compile(
    r"U?(TINYINT|SMALLINT|INTEGER|BIGINT)|BOOLEAN|FLOAT|DOUBLE|DATE|TIMESTAMP.*|VARCHAR"
)
AS_TEXT = re.compile(r"HUGEINT|DECIMAL\(.*\)|UUID|TIME|ENUM\(.*\)|JSON", re.DOTALL)


def fitting(name: str) -> str:
    """A name that every database keeps whole: one that is too long ends with its digest."""
    if len(name.encode()) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    begin = name.encode()[: LONGEST_NAME - len(digest) - 1].decode(errors="ignore")
    return f"{begin}@{digest}"


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL takes it, whatever is in it."""
    return "'" + text.replace("'", "''") + "'"


def place(schema: str, table: str) -> str:
    """A table as SQL takes it."""
    return f"{quoted(schema)}.{quoted(table)}"


def pairs(values: Mapping[str, str]) -> Iterator[str]:
    """Names as texts of SQL, each followed by its value (in SQL)."""
    return (f"{literal(name)}, {value}" for name, value in values.items())


def number(name: str, kind: str) -> str:
    """The SQL expression of a column of any type of numbers, or of truth values, as a double."""
    column = quoted(name)
    return f"(({column})::integer)::float8" if kind == "BOOLEAN" else f"({column})::float8"


def exactly(value: str, given: str, wanted: str) -> str:
    """The SQL expression of a value in the type that is wanted; an error where it loses anything.

    Parameters
    ----------
    value : str
        SQL expression of the type `given`.
    given, wanted : str
        Types, as DuckDB itself writes them.
    """
    if given == wanted:
        return value
    if wanted == "VARCHAR":
        return f"CAST({value} AS {wanted})"
    return checked(value, lossless(value, given, wanted), wanted)


def checked(value: str, condition: str, wanted: str) -> str:
    """The SQL expression of a value in the type that is wanted; an error unless the condition."""
    cast = f"CAST({value} AS {wanted})"
    return f"CASE WHEN {value} IS NULL OR {condition} THEN {cast} ELSE error({value}::VARCHAR) END"


def lossless(value: str, given: str, wanted: str) -> str:
    """The SQL condition under which the type that is wanted holds a value (not null) exactly."""
    if wanted in (given, "VARCHAR"):
        return "true"
    if given == "VARCHAR":
        return f"coalesce({_of_text(value, wanted)}, false)"
    back = f"TRY_CAST(TRY_CAST({value} AS {wanted}) AS {given})"
    return f"({back} IS NOT DISTINCT FROM {value})"


def _of_text(value: str, wanted: str) -> str:
    cast = f"TRY_CAST({value} AS {wanted})"
    if wanted in ("DOUBLE", "FLOAT"):
        return _real(value, wanted)
    if pattern := _pattern(wanted):
        return f"({matches(value, pattern)} AND {cast} IS NOT NULL)"
    return f"(lower({cast}::VARCHAR) = lower({value}))"


def _pattern(wanted: str) -> str | None:
    """What a text looks like that can be read as this type without a loss or a guess."""
    if re.fullmatch(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|BIGNUM", wanted):
        return INTEGER
    if decimal := re.fullmatch(r"DECIMAL\(\d+,(\d+)\)", wanted):
        digits = rf"\d{{0,{decimal[1]}}}0*"
        return rf"[ \t]*[+-]?(\d+(\.{digits})?|\.{digits})([eE]\+?\d+)?[ \t]*"
    fraction = rf"(\.\d{{0,{FRACTION.get(wanted, 6)}}}0*)?"
    clock = rf"\d{{1,2}}:\d{{2}}(:\d{{2}}{fraction})?"
    return {
        "BOOLEAN": f"(?i){BOOLEAN}",
        "DATE": rf"{DAY}([T ]0?0:00(:00(\.0*)?)?)?",
        "TIME": clock,
        "TIME_NS": clock,
        "TIMESTAMP WITH TIME ZONE": f"{DAY}[T ]{clock}{OFFSET}",
        **dict.fromkeys(
            ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), f"{DAY}([T ]{clock})?"
        ),
    }.get(wanted)


def _real(value: str, wanted: str) -> str:
    """The nearest number of the type is meant by a fraction; a whole number is meant exactly."""
    double, real = f"TRY_CAST({value} AS DOUBLE)", f"TRY_CAST({value} AS {wanted})"
    whole = f"(NOT {matches(value, DIGITS)} OR "
    whole += f"TRY_CAST({real} AS HUGEINT) = TRY_CAST({value} AS HUGEINT))"
    mantissa = rf"regexp_replace({value}, '[eE].*|[^0-9]', '', 'g')"
    # Numbers written from this type have 9 or 17 digits at most; fewer mean the nearest one.
    written = f"(length(ltrim({mantissa}, '0')) <= 9 OR {real}::DOUBLE = {double})"
    zero = f"({real} <> 0 OR ltrim({mantissa}, '0') = '')"
    slow = f"({matches(value, NUMBER)} AND isfinite({real}) AND {zero} AND {whole}"
    slow += ")" if wanted == "DOUBLE" else f" AND {written})"
    short = f"(length({value}) < 300 AND {matches(value, SHORT)})"
    quick = f"{short} OR " if wanted == "DOUBLE" else ""
    return f"({quick}{slow} OR {matches(value, '(?i)' + NO_NUMBER)})"


def matches(value: str, pattern: str) -> str:
    """The SQL condition under which all of a text is of a pattern."""
    return f"regexp_full_match({value}, {literal(pattern)})"


def key_as_read(value: str, kind: str, where: str) -> str:
    """The SQL expression of a key for pandas, so that keys that differ are different there, too.

    Raises InputError for a type of which values cannot be keys, such as STRUCT or BLOB.
    """
    refuse_no_key(kind, where)
    return value if key_type(kind) == kind else f"CAST({value} AS VARCHAR)"


def key_type(kind: str) -> str:
    """The type in which a key of a type is read, so that keys that differ stay different."""
    return kind if AS_THEY_ARE.fullmatch(kind) else "VARCHAR"


def refuse_no_key(kind: str, where: str) -> None:
    """Raises InputError for a type of which values cannot be keys, such as STRUCT or BLOB."""
    if not (AS_THEY_ARE.fullmatch(kind) or AS_TEXT.fullmatch(kind)):
        called = "LIST" if kind.endswith("]") else kind.split("(")[0]
        raise InputError(
            f"{where} is of type {called}, which cannot tell rows apart; make a number or a text "
            "of it first"
        )
