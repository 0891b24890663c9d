"""The warehouse: one DuckDB file in working_data/, with raw tables in and features out."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from include.gmm import sql
from include.gmm.errors import BusyError, InputError
from include.gmm.files import NO_EXTENSIONS, first_line, opened
from include.gmm.settings import PROJECT, WAREHOUSE, Source

LOCK_PATIENCE = 300  # seconds to wait for another DAG that is writing

DISK = {  # what DuckDB says of the disk, and what to say of it
    r"No space left|Disk quota|max_temp_directory_size": "the disk is full; free space, try again",
    r"Permission denied|Operation not permitted": "no permission to write it or into its folder; "
    "change owner or mode",
    r"Read-only file system|read-only mode": "the file system is read-only; make it writable",
    r"Input/output error": "the disk cannot read or write it; see to the disk",
}
DAMAGED = (
    "no DuckDB database, or a damaged one; move it away, with the .wal file beside it, and run the "
    "train DAG, which makes it again from the source"
)
DATABASE = {  # and of the file
    r"not a valid DuckDB|Corrupt|checksum|read enough bytes|serializ|Is a directory|WAL": DAMAGED,
    r"older|newer|storage version|version number": "written by another release of DuckDB; use "
    "that one, or move the file away and run the train DAG",
}


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
    Raises InputError where the file is no warehouse or is damaged or cannot be written, and
    BusyError after LOCK_PATIENCE seconds.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _connection(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror})") from error
    except duckdb.Error as error:
        raise InputError(f"{path}: {_told(error) or first_line(error)}") from error
    try:
        try:
            connection.execute("SET TimeZone = 'UTC'")  # on every machine
            for setting in NO_EXTENSIONS:
                connection.execute(f"SET GLOBAL {setting} = false")
            yield connection
        finally:
            connection.close()
    except duckdb.Error as error:
        if told := _told(error):
            raise InputError(f"{path}: {told}") from error
        raise


def _connection(path: Path) -> duckdb.DuckDBPyConnection:
    if path.is_file():
        # DuckDB would fetch an extension for what begins like SQLite, before it can be told not to.
        with path.open("rb") as file:
            if file.read(12)[8:] not in (b"DUCK", b""):  # b"": another process is making it
                raise InputError(f"{path}: {DAMAGED}")
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            return duckdb.connect(str(path))
        except duckdb.IOException as error:
            if "Could not set lock" not in str(error):
                raise
            if time.monotonic() > deadline:
                holder = re.search(r"held in (.+? \(PID \d+\))", str(error))
                raise BusyError(
                    f"{path}: still in use after {LOCK_PATIENCE} seconds by another process"
                    f"{f' ({holder[1]})' if holder else ''}; end it, or try again when it is done"
                ) from error
            time.sleep(0.2)


def _told(error: duckdb.Error) -> str | None:
    """What to say of an error of DuckDB that is one of its file or of the disk."""
    of_files = (duckdb.OperationalError, duckdb.FatalException, duckdb.InternalError)
    if not isinstance(error, of_files) and type(error) is not duckdb.Error:
        return None
    message = str(error)
    for pattern, told in (DISK | DATABASE).items():
        if re.search(pattern, message, re.IGNORECASE):
            return told
    return first_line(error) if isinstance(error, duckdb.IOException) else None


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


def _replace(connection: duckdb.DuckDBPyConnection, source: Source, path: Path) -> None:
    types = {name: _type(name, kind) for name, kind in source.columns.items()}
    schema, table = source.table.split(".")
    into = _qualified(connection, source)
    if connection.execute(
        "SELECT 1 FROM duckdb_views() WHERE schema_name = ? AND view_name = ? "
        "AND database_name = current_database()",
        [schema, table],
    ).fetchall():
        raise InputError(
            f"source.table: {source.table} is a view in the warehouse, which is left as it is; "
            "name another table"
        )
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {into.rpartition('.')[0]}")
    connection.execute(f"DROP TABLE IF EXISTS {into}")
    with opened(connection, path, source.encoding, types) as file:
        _demand(list(types), [column.name for column in file.columns], file.name)
        try:
            connection.execute(f"CREATE TABLE {into} AS {file.select(types)}")
        except duckdb.Error as error:
            if any(re.search(pattern, str(error)) for pattern in DISK):
                raise  # it is not the file's fault
            connection.execute("ROLLBACK")
            raise file.refused(connection, types, error) from error


def _qualified(connection: duckdb.DuckDBPyConnection, source: Source) -> str:
    """The source's table as SQL takes it; its schema may be called as the database is."""
    database = connection.execute("SELECT current_database()").fetchall()[0][0]
    return ".".join(map(sql.quoted, [database, *source.table.split(".")]))


def _type(column: str, kind: str) -> str:
    """The type as DuckDB itself writes it."""
    try:
        return str(duckdb.sqltype(kind))
    except duckdb.Error as error:
        raise InputError(
            f"source.columns.{column}: {kind} is no type of DuckDB ({first_line(error)})"
        ) from error


def _inspected(connection: duckdb.DuckDBPyConnection, source: Source) -> LoadedTable:
    present = list(_present(connection, *source.table.split(".")))
    _demand(list(source.columns), present, f"table {source.table!r}")
    table = connection.table(_qualified(connection, source)).set_alias("loaded")
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


def _present(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> dict[str, str]:
    found = columns(connection, schema, table)
    if not found:
        raise InputError(f"the warehouse has no table {schema}.{table}")
    return found


def _demand(wanted: list[str], present: list[str], where: str) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        raise InputError(f"{where} has no column {', '.join(missing)}; it has {', '.join(present)}")
