"""One column as numbers: what counts as missing, and what cannot be a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from include.gmm.characters import unprintable
from include.gmm.errors import InputError

# What people write for a value that is not there, in small letters and without blanks around it.
MISSING = frozenset(
    ("", "?", "-", "--", ".", "n/a", "#n/a", "na", "n.a.", "nan", "-nan", "null", "none", "missing")
)
LARGEST = 1e50  # the fourth power of what follows from it is still a number
_NESTED = {
    dict: "STRUCT or MAP",
    list: "LIST",
    np.ndarray: "LIST",
    bytes: "BLOB",
    bytearray: "BLOB",
}


@dataclass(frozen=True)
class Numbers:
    """A column as float64, NaN where a value is missing or is text; and which values are text."""

    values: pd.Series
    text: pd.Series

    @property
    def missing(self) -> pd.Series:
        """Which values are not there: empty, NaN, or what people write for it."""
        return self.values.isna() & ~self.text


def read_numbers(column: pd.Series) -> Numbers:
    """Numbers as they are, or as text writes them (1e5); True is 1."""
    values = pd.to_numeric(column, errors="coerce").astype(np.float64)
    unread = values.isna() & column.notna()
    text = unread.copy()
    if unread.any():
        written = column[unread].astype(str).str.strip().str.lower()
        text[unread] = ~written.isin(MISSING)
    return Numbers(values, text)


def finite(column: pd.Series, where: str) -> pd.Series:
    """The column as float64 with NaN for what is missing.

    Raises InputError for dates, text, infinity and what is too large, with the first row at fault.
    """
    named = f"{where}: column {column.name!r}"
    if kind := dates(column):
        raise InputError(
            f"{named} holds {kind}; make a number of them first, such as days until today"
        )
    if kind := nested(column):
        raise InputError(f"{named} is a {kind}; every value of a feature must be a number")
    numbers = read_numbers(column)
    if numbers.text.any():
        raise InputError(
            f"{named} holds text, such as {str(column[numbers.text].iloc[0])[:50]!r}, in "
            f"{rows_at(numbers.text)}; every value of a feature must be a number"
        )
    infinite = pd.Series(np.isinf(numbers.values))
    if infinite.any():
        raise InputError(
            f"{named} is infinite in {rows_at(infinite)}; "
            "every value of a feature must be a finite number"
        )
    large = numbers.values.abs() > LARGEST
    if large.any():
        raise InputError(
            f"{named} has values beyond {LARGEST:g}, such as {numbers.values[large].iloc[0]:g}, in "
            f"{rows_at(large)}: too large to reckon with; correct them, or use a larger unit"
        )
    return numbers.values


def dates(column: pd.Series) -> str | None:
    """What kind of dates a column holds; None if it holds none."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return "dates"
    return "durations" if pd.api.types.is_timedelta64_dtype(column) else None


def nested(column: pd.Series) -> str | None:
    """The SQL type of values that are neither numbers nor text (STRUCT, LIST, BLOB), or None."""
    if column.dtype != object:
        return None
    kinds = (_NESTED.get(type(value)) for value in column)
    return next((kind for kind in kinds if kind), None)


def refuse_unprintable(columns: list[str], names: list[str], where: str) -> None:
    """Raises InputError for a name, of one of the columns, that no page can show."""
    for name in names:
        if character := unprintable(name):
            place = f"column {columns.index(name) + 1}, " if name in columns else ""
            raise InputError(
                f"{where}: {place}{name!r} is no name: no page can show {character}; rename it"
            )


def rows_at(fault: pd.Series) -> str:
    """How many rows, and the first of them as people count: 3 rows, first in row 17."""
    count = int(fault.sum())
    first = int(fault.to_numpy().argmax()) + 1
    return f"{count:,} {'row' if count == 1 else 'rows'}, first in row {first:,}"
