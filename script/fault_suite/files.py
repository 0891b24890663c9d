"""CSV and Parquet files, loaded and read, held against Python's csv and pyarrow."""

from __future__ import annotations

import csv
import gzip
import io
import random
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from include.gmm.errors import InputError
from include.gmm.files import read_file
from include.gmm.settings import validate
from include.gmm.warehouse.duckdb import DuckDbWarehouse
from include.gmm.warehouse.duckdb_file import connected
from script.fault_suite.made_files import Made, csv_file, parquet_file
from script.fault_suite.trial import Kind, Outcome, Trial

WHOLE = {
    "INTEGER": (-(2**31), 2**31 - 1),
    "BIGINT": (-(2**63), 2**63 - 1),
    "UTINYINT": (0, 255),
    "UBIGINT": (0, 2**64 - 1),
    "HUGEINT": (-(2**127), 2**127 - 1),
}


Way = tuple[str, Callable[[], Any], Callable[[Made, Any], str | None]]


class _Anything:
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


ANYTHING = _Anything()


def run(count: int, seed: int) -> Iterator[Trial]:
    """Load each file as its declaration says, and read it as the command line does."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            rng = random.Random(f"{seed}-{number}")  # noqa: S311 (the same files for the same seed)
            place = Path(folder) / str(number)
            made = (parquet_file if rng.random() < 0.3 else csv_file)(rng, place)
            name = made.path.relative_to(place)
            label = f"seed {seed}, number {number}, {name}, {made.fault or 'sound'}"
            yield _tried(label, made, Path(folder) / "warehouse.duckdb")


def _tried(label: str, made: Made, path: Path) -> Trial:
    names = list(made.types)
    clash = len({name.lower() for name in names}) < len(names)  # of which SQL knows no two
    encoding = made.encoding or "utf-8"
    outcomes = []
    ways: tuple[Way, ...] = (
        ("load_source", lambda: _loaded(made, path), _as_declared),
        ("read_file", lambda: read_file(made.path, names[0], encoding), _as_written),
    )
    for what, read, judge in ways:
        try:
            found = read()
        except InputError as error:
            expected = made.fault or (what == "load_source" and (clash or _is_lossy(made)))
            if len(str(error).splitlines()) > 1 or not expected:
                return Trial(label, Outcome.WRONG, f"{what} refuses: {error}")
            outcomes.append(Outcome.REFUSED)
            continue
        except Exception as error:
            return Trial(label, Outcome.TRACEBACK, f"{what}: {type(error).__name__}: {error}")
        try:
            wrong = judge(made, found)
        except (ArithmeticError, ValueError, EOFError, OSError, csv.Error) as error:
            wrong = f"taken, but the independent reader cannot: {error!r}"
        if wrong:
            return Trial(label, Outcome.WRONG, f"{what}: {wrong}")
        outcomes.append(Outcome.RIGHT)
    return Trial(label, max(outcomes, key=lambda outcome: outcome == Outcome.RIGHT))


def _loaded(made: Made, path: Path) -> list[tuple[Any, ...]]:
    source = validate(
        {
            "name": "made",
            "title": "Made",
            "features": {"model": "made", "key": "id", "columns": {"n": {}}},
            "source": {
                "table": "raw.made",
                "file": str(made.path),
                "columns": made.types,
                "encoding": made.encoding or "utf-8",
            },
        },
        "made.yaml",
    ).source
    DuckDbWarehouse(path).load(source)
    with connected(path) as connection:
        return connection.execute("FROM raw.made").fetchall()


def _rows(made: Made) -> list[list[Any]]:
    """All of the file, by the independent reader; cells of CSV are text, or None."""
    if not made.encoding:
        return [
            list(row.values()) for row in pq.read_table(made.path, partitioning=None).to_pylist()
        ]
    data = made.path.read_bytes()
    data = gzip.decompress(data) if made.path.suffix == ".gz" else data
    text = data.decode(made.encoding).removeprefix("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=made.delimiter, strict=True)
    header, *rows = [row for row in reader if row]
    if any(len(row) != len(header) for row in rows):
        raise ValueError("a row has more or fewer cells than the header")
    return [[cell or None for cell in row] for row in rows]


def _is_lossy(made: Made) -> bool:
    try:
        for row in _rows(made):
            for value, kind in zip(row, made.types.values(), strict=True):
                declared(value, kind)
    except (ArithmeticError, ValueError, TypeError):
        return True
    return False


def _as_declared(made: Made, found: list[tuple[Any, ...]]) -> str | None:
    expected = [
        tuple(declared(value, kind) for value, kind in zip(row, made.types.values(), strict=True))
        for row in _rows(made)
    ]
    if expected == found:
        return None
    at = next(
        (n for n, two in enumerate(zip(expected, found, strict=False)) if two[0] != two[1]), None
    )
    return (
        f"{len(found)} rows, {len(expected)} expected"
        if at is None
        else f"{found[at]} is not {expected[at]}"
    )


def declared(value: Any, kind: str) -> Any:
    """A value in its declared type. Raises ArithmeticError or ValueError where it loses some."""
    if value is None or (kind == "VARCHAR" and isinstance(value, str)):
        return value
    if kind in WHOLE:
        number = _decimal(value)
        least, most = WHOLE[kind]
        if number != int(number) or not least <= number <= most:
            raise ValueError(f"{value!r} is not {kind}")
        return int(number)
    if kind.startswith("DECIMAL"):
        digits, scale = map(int, kind[8:-1].split(","))
        number = _decimal(value)
        if number * 10**scale != int(number * 10**scale) or abs(number) >= 10 ** (digits - scale):
            raise ValueError(f"{value!r} is not {kind}")
        return number
    if kind == "DOUBLE" and isinstance(value, float):
        return value
    if kind == "DOUBLE":
        number = _decimal(value)
        whole = number == int(number) and not (
            isinstance(value, str) and not value.strip(" +-").isdigit()
        )
        if isinstance(value, Decimal) and round(Decimal(float(number)), 2) != number:
            raise ValueError(f"{value!r} is not DOUBLE")
        if abs(float(number)) == float("inf") or (whole and Decimal(float(number)) != number):
            raise ValueError(f"{value!r} is not DOUBLE")
        return float(number)
    return _other(value, kind)


def _other(value: Any, kind: str) -> Any:
    if kind == "BOOLEAN":
        return {"true": True, "false": False}[str(value).lower()]
    if kind == "DATE":
        moment = value if isinstance(value, date) else datetime.fromisoformat(value)
        if isinstance(moment, datetime):
            if moment != datetime.combine(moment.date(), datetime.min.time()):
                raise ValueError(f"{value!r} is not DATE")
            return moment.date()
        return moment
    if kind == "TIMESTAMP":
        return value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return ANYTHING  # text of numbers and dates, which DuckDB words itself


def _decimal(value: Any) -> Decimal:
    try:
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise ValueError(f"{value!r} is no number") from error


def _as_written(made: Made, frame: pd.DataFrame) -> str | None:
    rows = _rows(made)
    if list(frame.columns) != list(made.types) or len(frame) != len(rows):
        return f"{len(frame)} rows of {list(frame.columns)}; {len(rows)} expected"
    for at, name in enumerate(made.types):
        for row, value in zip(rows, frame[name], strict=True):
            if not _same(row[at], value):
                return f"column {name!r}: {value!r} is not {row[at]!r}"
    keys = [row[0] for row in rows]
    if len(set(keys)) != frame.iloc[:, 0].nunique(dropna=False):
        return "keys that differ have become the same"
    return None


def _same(written: Any, value: Any) -> bool:
    if written is None or value is None or pd.isna(value):
        return written is None and (value is None or bool(pd.isna(value)))
    if isinstance(value, str):
        return str(written) == value
    if isinstance(value, bool) or str(value) in ("True", "False"):
        return str(written).lower() == str(value).lower()
    if isinstance(value, pd.Timestamp):
        return pd.Timestamp(written) == value
    if isinstance(value, float):  # a decimal number of many digits is divided once more
        return abs(float(written) - value) <= (
            3e-16 * abs(value) if isinstance(written, Decimal) else 0
        )
    return _decimal(written) == int(value)


KIND = Kind("files", "CSV and Parquet files", 3_000, 40, run)
