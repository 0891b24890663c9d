"""The warehouse in one DuckDB file, which needs nothing to be set up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from include.gmm import sql
from include.gmm.errors import InputError
from include.gmm.files import duckdb_type, opened
from include.gmm.settings import PROJECT, Source
from include.gmm.warehouse import PORTION, LoadedTable
from include.gmm.warehouse.duckdb_file import DISK, connected
from include.gmm.warehouse.source import demand, inspected, refuse_view

# Megabytes that DuckDB may keep while it sorts; and while it writes in all, for every thread, and
# for every column of a thread (a row group of it is 1 MB, and is there twice at times). What is
# needed beyond goes to temporary files.
READING = 500
WRITING, WRITING_OF_THREAD, WRITING_OF_COLUMN = 150, 25, 2


class DuckDbConnection:
    """One transaction in a DuckDB file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Carry out a statement; the rows that it returns."""
        return self.connection.execute(statement, [*values]).fetchall()

    def stream(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query, a portion at a time."""
        yield from self.connection.sql(query).to_arrow_reader(PORTION)

    def append(self, schema: str, table: str, rows: pa.RecordBatchReader) -> None:
        """Write rows into a table with columns of these names and types."""
        self.connection.register("appended", rows)
        into = sql.place(schema, table)
        self.connection.execute(f"INSERT INTO {into} BY NAME FROM appended")
        self.connection.unregister("appended")

    def create_schema(self, schema: str) -> None:
        """Make a schema, unless it is there."""
        self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {sql.quoted(schema)}")

    def create(self, schema: str, table: str, columns: Mapping[str, str]) -> None:
        """Make a table. Floats do not compress: to try it takes longer than the mixture."""
        defined = ", ".join(
            f"{sql.quoted(name)} {kind}{' USING COMPRESSION uncompressed' * (kind == 'FLOAT')}"
            for name, kind in columns.items()
        )
        self.connection.execute(f"CREATE TABLE {sql.place(schema, table)} ({defined})")

    def columns(self, schema: str, table: str) -> dict[str, str]:
        """The columns of a table or view, each with its type; none if it is not there."""
        return dict(
            self.execute(
                "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = $1 "
                "AND table_name = $2 AND database_name = current_database() ORDER BY column_index",
                schema,
                table,
            )
        )

    def definition(self, schema: str, name: str) -> str | None:
        """The SQL of a view; "" for a table, None where there is neither."""
        found = self.execute(
            "SELECT sql FROM duckdb_views() WHERE schema_name = $1 AND view_name = $2 "
            "AND database_name = current_database() UNION ALL "
            "SELECT '' FROM duckdb_tables() WHERE schema_name = $1 AND table_name = $2 "
            "AND database_name = current_database()",
            schema,
            name,
        )
        return found[0][0] if found else None

    def type_of(self, kind: str) -> str:
        """A type as it is."""
        return kind

    def json_object(self, values: Mapping[str, str]) -> str:
        """The SQL expression of a JSON object."""
        return f"json_object({', '.join(sql.pairs(values))})"

    def lock(self, name: str) -> None:
        """Nothing: nobody else can write."""


class DuckDbWarehouse:
    """A DuckDB file. It admits one process at a time that may write; others wait for it."""

    schema = "main"
    scores = "scores"
    many_writers = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.shown = str(path)

    def run[T](self, work: Callable[[DuckDbConnection], T], written: int = 0) -> T:
        """Do something in one transaction."""
        self.demand()
        with connected(self.path) as connection:
            connection.execute(f"SET memory_limit = '{_memory(connection, written)}MB'")
            connection.execute("SET preserve_insertion_order = false")  # a table has no order
            connection.execute("BEGIN")  # all statements see the same rows
            done = work(DuckDbConnection(connection))
            connection.execute("COMMIT")
            return done

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the file open: DuckDB keeps what it has read, and nobody else can write."""
        self.demand()
        with connected(self.path):
            yield

    def exists(self) -> bool:
        """Whether the file is there."""
        return self.path.is_file()

    def load(self, source: Source) -> LoadedTable:
        """Load the source's file into its table, or check the table that is already there."""
        with connected(self.path) as connection:
            connection.execute("BEGIN")
            if source.file is not None:
                _replace(connection, source, PROJECT / source.file)
            loaded = _inspected(connection, source)
            connection.execute("COMMIT")
        return loaded

    def demand(self) -> None:
        """Raise InputError where there is no file, which DuckDB would make."""
        if not self.path.is_file():
            raise InputError(
                f"{self.path}: the warehouse does not exist yet; run load_data first. If it has "
                "run, the tasks do not share a disk: where workers have none in common, the "
                "warehouse has to be a database server (docs/deploying.md)"
            )


def _memory(connection: duckdb.DuckDBPyConnection, written: int) -> int:
    if not written:
        return READING
    threads: int = connection.execute("SELECT current_setting('threads')").fetchall()[0][0]
    return WRITING + threads * (WRITING_OF_THREAD + WRITING_OF_COLUMN * written)


def _replace(connection: duckdb.DuckDBPyConnection, source: Source, path: Path) -> None:
    types = {name: duckdb_type(name, kind) for name, kind in source.columns.items()}
    into = _qualified(connection, source)
    refuse_view(DuckDbConnection(connection), source)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {into.rpartition('.')[0]}")
    connection.execute(f"DROP TABLE IF EXISTS {into}")
    with opened(connection, path, source.encoding, types) as file:
        demand(list(types), [column.name for column in file.columns], file.name)
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


def _inspected(connection: duckdb.DuckDBPyConnection, source: Source) -> LoadedTable:
    present = DuckDbConnection(connection).columns(*source.table.split("."))
    if not present:
        return inspected(source, present, 0, 0)
    table = connection.table(_qualified(connection, source)).set_alias("loaded")
    rows, digest = table.aggregate("count(*), sum(hash(loaded)::HUGEINT)").fetchall()[0]
    return inspected(source, present, rows, digest or 0)
