"""The file of a DuckDB warehouse: opened as soon as nobody writes to it, or refused by name."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from include.gmm.errors import BusyError, InputError
from include.gmm.files import NO_EXTENSIONS, first_line

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


@contextmanager
def connected(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the file, as soon as no other process is writing to it.

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
