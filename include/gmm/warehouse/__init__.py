"""The warehouse: the database in which dbt builds features, and into which scores go.

A DuckDB file of this machine, or a database server. What the two have in common is here; nothing
outside of this package knows which of them it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from include.gmm.errors import InputError
from include.gmm.settings import PROJECT, WAREHOUSE, Source

if TYPE_CHECKING:  # DAG files import this module, and only tasks need that one
    import pyarrow as pa

PORTION = 65_536  # rows of a stream at a time


@dataclass(frozen=True)
class LoadedTable:
    """What is in a raw table. `digest` does not depend on the order of the rows."""

    table: str
    rows: int
    columns: list[str]
    digest: str


class Connection(Protocol):
    """One transaction. Statements are in SQL that all warehouses understand.

    A table's place is its schema and its name, as they are; types are called as DuckDB calls them.
    """

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Carry out a statement with values for $1, $2, ...; the rows that it returns."""

    def stream(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query, a portion at a time."""

    def append(self, schema: str, table: str, rows: pa.RecordBatchReader) -> None:
        """Write rows into a table with columns of these names and types."""

    def create_schema(self, schema: str) -> None:
        """Make a schema, unless it is there."""

    def create(self, schema: str, table: str, columns: Mapping[str, str]) -> None:
        """Make a table with these columns, each with its type."""

    def columns(self, schema: str, table: str) -> dict[str, str]:
        """The columns of a table or view, each with its type; none if it is not there."""

    def definition(self, schema: str, name: str) -> str | None:
        """The SQL of a view; "" for a table, None where there is neither."""

    def type_of(self, kind: str) -> str:
        """A type as this database writes it."""

    def json_object(self, values: Mapping[str, str]) -> str:
        """The SQL expression of a JSON object with these keys and values (in SQL)."""

    def lock(self, name: str) -> None:
        """Wait until no other transaction holds the lock of that name, and hold it."""


class Warehouse(Protocol):
    """Where raw tables, features and scores are."""

    shown: str
    """Where it is, with no credentials in it."""
    schema: str
    """In which dbt builds."""
    scores: str
    """The schema with the tables of scores."""
    many_writers: bool
    """Whether several processes can write at the same time."""

    def run[T](self, work: Callable[[Connection], T], written: int = 0) -> T:
        """Do something in one transaction: after an error the warehouse is what it was before.

        Where the connection breaks, the work is done once more, from its beginning.

        Parameters
        ----------
        work
            What is to be done; may be called more than once.
        written
            How many columns, about, are going to be written.

        Raises
        ------
        InputError
            Where the warehouse is not there, or refuses.
        BusyError
            Where it cannot be reached for minutes.
        """

    def held(self) -> AbstractContextManager[None]:
        """Keep a connection open for the transactions to come, where that spares work."""

    def demand(self) -> None:
        """Raise InputError where there can be nothing in it, because its file is not there."""

    def exists(self) -> bool:
        """Whether there can be anything in it: a file may not be there yet."""

    def load(self, source: Source) -> LoadedTable:
        """Load the source's file into its table, or check the table that is already there.

        The table is replaced in one transaction: after an error it is what it was before, and
        loading the same file twice leaves the same table. Raises InputError that names file, line
        or column.
        """


def warehouse_of(profile: Mapping[str, Any]) -> Warehouse:
    """The warehouse of one output of a dbt profile, its templates filled in.

    Raises InputError for a database that only dbt can reach.
    """
    kind = profile.get("type")
    if kind == "duckdb":
        from include.gmm.warehouse.duckdb import DuckDbWarehouse

        return DuckDbWarehouse(PROJECT / str(profile.get("path") or WAREHOUSE))
    if kind == "postgres":
        from include.gmm.warehouse.postgres import PostgresWarehouse

        return PostgresWarehouse.of(profile)
    raise InputError(
        f"the warehouse is of type {kind!r}: duckdb and postgres are known; for another one, add a "
        "module beside include/gmm/warehouse/postgres.py with its ADBC driver"
    )


def local(path: Path = WAREHOUSE) -> Warehouse:
    """The DuckDB file that needs no setting."""
    return warehouse_of({"type": "duckdb", "path": path})
