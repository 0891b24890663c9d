"""The warehouse: one DuckDB file in working_data/, with raw tables in and features out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from include.gmm.errors import InputError
from include.gmm.files import open_file, refusing
from include.gmm.settings import PROJECT, WAREHOUSE, Segmentation, Source

LOCK_PATIENCE = 300  # seconds to wait for another DAG that is writing


@dataclass(frozen=True)
class LoadedTable:
    """What is in a raw table. `digest` does not depend on the order of the rows."""

    table: str
    rows: int
    columns: list[str]
    digest: str


@contextmanager
def connected(path: Path = WAREHOUSE) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the warehouse, as soon as no other process is writing to it.

    DuckDB admits one process at a time that may write, and we never open it otherwise: in one
    process (`airflow dags test`) a second way of opening it would be refused.
    Raises TimeoutError after LOCK_PATIENCE seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            connection = duckdb.connect(str(path))
            break
        except duckdb.IOException as error:
            if "lock" not in str(error):
                raise
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path}: another process is writing to it: {error}") from error
            time.sleep(0.2)
    try:
        yield connection
    finally:
        connection.close()


def demand_warehouse(path: Path) -> None:
    """Raises InputError where there is no warehouse yet, which `connected` would make."""
    if not path.is_file():
        raise InputError(f"{path}: the warehouse does not exist yet; run load_data first")


def load_source(source: Source, path: Path = WAREHOUSE) -> LoadedTable:
    """Load the source's file into its table, or check the table that is already there.

    The table is replaced in one transaction: after an error it is what it was before, and loading
    the same file twice leaves the same table. Raises InputError that names file, line or column.
    """
    with connected(path) as connection:
        connection.execute("BEGIN")
        if source.file is not None:
            _replace(connection, source, PROJECT / source.file)
        loaded = _inspected(connection, source)
        connection.execute("COMMIT")
    return loaded


def read_features(settings: Segmentation, path: Path = WAREHOUSE) -> pd.DataFrame:
    """The columns that the segmentation names, from the table of its dbt model.

    Raises InputError when the table or one of the columns is not there.
    """
    features = settings.features
    demand_warehouse(path)
    with connected(path) as connection:
        present = _names(connection, "main", features.model)
        wanted = [features.key, *features.columns, *features.profile]
        _demand(wanted, present, f"segmentation {settings.name!r}: dbt model {features.model!r}")
        chosen = ", ".join(map(quoted, wanted))
        frame: pd.DataFrame = connection.table(quoted(features.model)).project(chosen).df()
    return frame


def _replace(connection: duckdb.DuckDBPyConnection, source: Source, file: Path) -> None:
    schema, _ = source.table.split(".")
    with refusing(file):
        _demand(list(source.columns), open_file(connection, file).columns, str(file))
        rows = open_file(connection, file, source.columns)
        typed = rows.project(
            ", ".join(
                f"{quoted(name)}::{kind} AS {quoted(name)}" for name, kind in source.columns.items()
            )
        )
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        connection.execute(f"DROP TABLE IF EXISTS {source.table}")
        typed.create(source.table)


def _inspected(connection: duckdb.DuckDBPyConnection, source: Source) -> LoadedTable:
    present = _names(connection, *source.table.split("."))
    _demand(list(source.columns), present, f"table {source.table!r}")
    table = connection.table(source.table).set_alias("loaded")
    rows, digest = table.aggregate("count(*), sum(hash(loaded)::HUGEINT)").fetchall()[0]
    if rows == 0:
        raise InputError(f"{source.file or source.table}: there are no rows")
    return LoadedTable(source.table, rows, present, f"{digest or 0:032x}")


def columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> dict[str, str]:
    """The columns of a table or view, each with its SQL type; none if it is not there."""
    return dict(
        connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = ? "
            "AND table_name = ? AND database_name = current_database() ORDER BY column_index",
            [schema, table],
        ).fetchall()
    )


def _names(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[str]:
    found = columns(connection, schema, table)
    if not found:
        raise InputError(f"the warehouse has no table {schema}.{table}")
    return list(found)


def _demand(wanted: list[str], present: list[str], where: str) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        raise InputError(f"{where} has no column {', '.join(missing)}; it has {', '.join(present)}")


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
