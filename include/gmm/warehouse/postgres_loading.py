"""Files into tables of PostgreSQL: read, checked and converted by DuckDB, as everywhere."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
from adbc_driver_manager import Error

from include.gmm import sql
from include.gmm.files import NO_EXTENSIONS, duckdb_type, opened
from include.gmm.settings import PROJECT, Source
from include.gmm.warehouse import PORTION, Connection, LoadedTable
from include.gmm.warehouse.postgres_faults import passes
from include.gmm.warehouse.postgres_types import AS_TEXT, of_duckdb, to_duckdb
from include.gmm.warehouse.source import demand, inspected, refuse_view


def replace(connection: Connection, source: Source) -> None:
    """Stream the file into the table: read, checked and converted by DuckDB, as always."""
    schema, table = source.table.split(".")
    types = {name: duckdb_type(name, kind) for name, kind in source.columns.items()}
    wanted = {name: of_duckdb(kind, f"source.columns.{name}") for name, kind in types.items()}
    refuse_view(connection, source)
    connection.create_schema(schema)
    into = sql.place(schema, table)
    if connection.columns(schema, table) == {
        name: to_duckdb(kind) for name, kind in wanted.items()
    }:
        connection.execute(f"TRUNCATE {into}")  # views of dbt depend on it
    else:
        connection.execute(f"DROP TABLE IF EXISTS {into}")
        connection.create(schema, table, types)
    sent = {name: "VARCHAR" if kind in AS_TEXT else kind for name, kind in types.items()}
    if sent == types:
        _send(connection, source, types, table)
    else:
        texts = sql.fitting(f"{table}@texts")
        connection.create(schema, texts, sent)
        _send(connection, source, types, texts)
        values = [f"{sql.quoted(name)}::{kind}" for name, kind in wanted.items()]
        given = sql.place(schema, texts)
        connection.execute(f"INSERT INTO {into} SELECT {', '.join(values)} FROM {given}")
        connection.execute(f"DROP TABLE {given}")
    connection.execute(f"ANALYZE {into}")


def _send(connection: Connection, source: Source, types: Mapping[str, str], table: str) -> None:
    """Append the file's rows; values of types that the driver cannot send go as text."""
    schema = source.table.split(".")[0]
    with duckdb.connect(config=NO_EXTENSIONS) as reading:
        reading.execute("SET TimeZone = 'UTC'")
        with opened(reading, PROJECT / str(source.file), source.encoding, types) as file:
            demand(list(types), [column.name for column in file.columns], file.name)
            try:
                chosen = ", ".join(
                    f"{sql.quoted(name)}::VARCHAR AS {sql.quoted(name)}"
                    if kind in AS_TEXT
                    else sql.quoted(name)
                    for name, kind in types.items()
                )
                rows = reading.sql(file.select(types)).project(chosen)
                connection.append(schema, table, rows.to_arrow_reader(PORTION))
            except (duckdb.Error, Error) as error:
                if isinstance(error, Error) and (error.sqlstate or passes(error)):
                    raise  # it is not the file's fault
                raise file.refused(reading, types, error) from error


def inspect(connection: Connection, source: Source) -> LoadedTable:
    """What is in the source's table. Raises InputError where it is not what was declared."""
    schema, table = source.table.split(".")
    present = connection.columns(schema, table)
    if not present:
        return inspected(source, present, 0, 0)
    [(rows, digest)] = connection.execute(
        "SELECT count(*), coalesce(sum(hashtextextended(loaded::text, 0)::numeric), 0)::text "
        f"FROM {sql.place(schema, table)} AS loaded"
    )
    return inspected(source, present, rows, int(digest) % 2**128)
