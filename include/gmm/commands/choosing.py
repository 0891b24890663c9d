"""Which columns of a file the mixture is fitted to."""

from __future__ import annotations

import argparse
import csv

import pandas as pd

from include.gmm.columns import dates, nested, read_numbers, rows_at
from include.gmm.errors import InputError

SHOWN = 20  # names of one kind in a sentence
DECIMAL_COMMAS = r"[+-]?\d+(\.\d{3})*(,\d+)?"  # where no point is a decimal one
ROW = "row"  # as the key: the rows are numbered


def with_key(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """The frame, with a column of numbers from 1 on where the key is `row` and there is none."""
    if key != ROW or ROW in frame.columns:
        return frame
    return frame.assign(**{ROW: range(1, len(frame) + 1)})


def named(options: argparse.Namespace) -> list[str]:
    """The features that the options name; none where they leave it to the columns.

    Raises InputError for options that name nothing.
    """
    listed = next(csv.reader([options.features or ""], skipinitialspace=True), [])
    names = [name for name in map(str.strip, listed) if name] + (options.feature or [])
    if options.features is not None and not names:
        raise InputError("--features names no column; leave it out, or name some: A,B")
    return names


def numeric(frame: pd.DataFrame, key: str, where: str) -> tuple[list[str], str]:
    """The columns of numbers besides the key, and a sentence on the others if there are any.

    A column of numbers and of what people write for a missing value is one of numbers.
    Raises InputError for a column that has as many numbers as other text, or more: whether it is
    one of numbers, nobody can tell but its owner.
    """
    kinds: dict[str, list[str]] = {}
    for name in frame.columns:
        if name != key:
            kinds.setdefault(_kind(frame[name], where), []).append(name)
    names = kinds.pop("numbers", [])
    if not names:
        raise InputError(
            f"{where}: no column of numbers besides the key{_listed(kinds)}; one is needed at least"
        )
    others = f"Left out{_listed(kinds)}. Segments are made of columns of numbers." if kinds else ""
    return names, others


def _kind(column: pd.Series, where: str) -> str:
    if column.isna().all():
        return "empty"
    if pd.api.types.is_bool_dtype(column):
        return "true or false"
    if pd.api.types.is_numeric_dtype(column):
        return "numbers"
    if kind := dates(column) or nested(column):
        return kind
    written = column.dropna().astype(str).str.strip()
    if written.str.fullmatch(r"0\d+").any():  # 007 is no number: somebody else may be 7
        return "text"
    if written.str.contains(",").any() and written.str.fullmatch(DECIMAL_COMMAS).all():
        return "numbers with decimal commas; write points"
    read = read_numbers(column)
    if read.text.any():
        if read.values.notna().sum() < read.text.sum():
            return "text"
        raise InputError(
            f"{where}: column {column.name!r} is numbers but for text, such as "
            f"{str(column[read.text].iloc[0])[:50]!r}, in {rows_at(read.text)}; correct it, or "
            "name the columns to fit to by --features"
        )
    return "numbers" if read.values.notna().any() else "empty"


def _listed(kinds: dict[str, list[str]]) -> str:
    if not kinds:
        return ""
    return ": " + "; ".join(f"{_shortened(names)} ({kind})" for kind, names in kinds.items())


def _shortened(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(repr, names[:SHOWN])) + more
