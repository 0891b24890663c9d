"""CSV and Parquet files, read by DuckDB, refused with the file and the line at fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd

from include.gmm.errors import InputError

CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".csv.zst")
PARQUET = (".parquet", ".pq")


def read_file(path: Path) -> pd.DataFrame:
    """All columns of a file, types found from all of its values. Raises InputError."""
    with refusing(path):
        frame: pd.DataFrame = open_file(duckdb.connect(), path).df()
    return frame


def open_file(
    connection: duckdb.DuckDBPyConnection, path: Path, types: Mapping[str, str] | None = None
) -> duckdb.DuckDBPyRelation:
    """A file as a relation that is not yet read; `types` fixes the types of CSV columns."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty")
    if path.name.lower().endswith(PARQUET):
        return connection.read_parquet(str(path))
    if path.name.lower().endswith(CSV):
        return connection.read_csv(str(path), header=True, sample_size=-1, dtype=dict(types or {}))
    raise InputError(f"{path}: neither CSV ({', '.join(CSV)}) nor Parquet ({', '.join(PARQUET)})")


@contextmanager
def refusing(path: Path) -> Iterator[None]:
    """Turn DuckDB's complaint about a file into an InputError with its telling lines."""
    try:
        yield
    except (duckdb.DatabaseError, UnicodeDecodeError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise InputError(f"{path}: {' '.join(lines[:3])}") from error
