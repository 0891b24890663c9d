"""The warehouse in a PostgreSQL database, through its ADBC driver: Arrow both ways, by COPY."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import quote, urlencode

import pyarrow as pa
from adbc_driver_manager import Error
from adbc_driver_postgresql import dbapi
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from include.gmm import sql
from include.gmm.errors import BusyError, InputError
from include.gmm.settings import Source
from include.gmm.warehouse import LoadedTable
from include.gmm.warehouse.postgres_faults import in_words, passes
from include.gmm.warehouse.postgres_loading import inspect, replace
from include.gmm.warehouse.postgres_types import of_duckdb, to_duckdb

PATIENCE = 180  # seconds in which a server that went away may come back
LOCK_PATIENCE = 300  # seconds to wait for readers, or for another scoring
CONNECTING = 10  # seconds to wait for an answer
SORTING = "64MB"  # of the server; what a sort takes beyond goes to its temporary files

log = logging.getLogger(__name__)


class PostgresConnection:
    """One transaction in a PostgreSQL database."""

    def __init__(self, connection: dbapi.Connection) -> None:
        self.connection = connection

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Carry out a statement; the rows that it returns."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def stream(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query, a portion at a time."""
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            yield from cursor.fetch_record_batch()

    def append(self, schema: str, table: str, rows: pa.RecordBatchReader) -> None:
        """Write rows into a table with columns of these names and types."""
        with self.connection.cursor() as cursor:
            cursor.adbc_ingest(table, rows, mode="append", db_schema_name=schema)

    def create_schema(self, schema: str) -> None:
        """Make a schema, unless it is there: IF NOT EXISTS asks for the right to make it anyway."""
        if not self.execute("SELECT 1 FROM pg_namespace WHERE nspname = $1", schema):
            self.execute(f"CREATE SCHEMA {sql.quoted(schema)}")

    def create(self, schema: str, table: str, columns: Mapping[str, str]) -> None:
        """Make a table with these columns, each with its type."""
        defined = ", ".join(
            f"{sql.quoted(name)} {of_duckdb(kind, name)}" for name, kind in columns.items()
        )
        self.execute(f"CREATE TABLE {sql.place(schema, table)} ({defined})")

    def columns(self, schema: str, table: str) -> dict[str, str]:
        """The columns of a table or view, each with its type; none if it is not there."""
        found = self.execute(
            "SELECT attname::text, format_type(coalesce(nullif(typbasetype, 0), atttypid), "
            "CASE WHEN typbasetype = 0 THEN atttypmod ELSE typtypmod END) "
            "FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid "
            "WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            sql.place(schema, table),
        )
        return {name: to_duckdb(kind) for name, kind in found}

    def definition(self, schema: str, name: str) -> str | None:
        """The SQL of a view; "" for a table, None where there is neither."""
        found = self.execute(
            "SELECT CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) ELSE '' END "
            "FROM pg_class WHERE oid = to_regclass($1)",
            sql.place(schema, name),
        )
        return found[0][0] if found else None

    def type_of(self, kind: str) -> str:
        """A type as PostgreSQL writes it."""
        return of_duckdb(kind, "a type")

    def json_object(self, values: Mapping[str, str]) -> str:
        """The SQL expression of a JSON object."""
        return f"json_build_object({', '.join(sql.pairs(values))})"

    def lock(self, name: str) -> None:
        """Wait until no other transaction holds the lock of that name, and hold it."""
        number = int.from_bytes(hashlib.sha256(f"gmm {name}".encode()).digest()[:8], signed=True)
        self.execute(f"SELECT pg_advisory_xact_lock({number})::text")


class PostgresWarehouse:
    """A PostgreSQL database, which many processes may write to."""

    many_writers = True

    def __init__(self, uri: str, shown: str, schema: str) -> None:
        self._uri = uri
        self.shown = shown
        self.schema = schema
        self.scores = f"{schema}_scores"

    @classmethod
    def of(cls, profile: Mapping[str, Any]) -> Self:
        """The database of a dbt profile of type postgres."""
        values = {**profile}
        values.setdefault("password", values.pop("pass", None))
        values.setdefault("dbname", values.pop("database", None))
        if absent := [name for name in ("host", "user", "dbname") if not values.get(name)]:
            raise InputError(f"the warehouse's profile has no {', '.join(absent)}")
        user, password, host = (
            quote(str(values.get(name) or ""), safe="") for name in ("user", "password", "host")
        )
        place = f"{host}:{values.get('port') or 5432}/{quote(str(values['dbname']), safe='')}"
        told = {
            name: values[name]
            for name in ("sslmode", "sslcert", "sslkey", "sslrootcert")
            if values.get(name)
        }
        options = {
            "connect_timeout": CONNECTING,
            "application_name": "gmm",
            "keepalives_idle": values.get("keepalives_idle") or 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "options": f"-c timezone=UTC -c lock_timeout={LOCK_PATIENCE}s -c work_mem={SORTING}",
            **told,
        }
        secret = f":{password}" if password else ""
        uri = f"postgresql://{user}{secret}@{place}?{urlencode(options, quote_via=quote)}"
        return cls(uri, f"postgres://{place}", str(values.get("schema") or "public"))

    def run[T](self, work: Callable[[PostgresConnection], T], written: int = 0) -> T:  # noqa: ARG002
        """Do something in one transaction, once more where the server went away meanwhile."""
        trying = Retrying(
            stop=stop_after_delay(PATIENCE),
            wait=wait_random_exponential(multiplier=0.5, max=15),
            retry=retry_if_exception(passes),
            before_sleep=lambda state: log.warning(
                "%s: %s; trying again", self.shown, self._fault(state.outcome)
            ),
            reraise=True,
        )
        try:
            done: T = trying(self._once, work)
            return done
        except Error as error:
            raise self._refused(error) from None  # whose text might have the address in it

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing: to connect takes milliseconds."""
        yield

    def demand(self) -> None:
        """Nothing: what is not there is told by whoever looks for it."""

    def exists(self) -> bool:
        """A server has its database."""
        return True

    def load(self, source: Source) -> LoadedTable:
        """Load the source's file into its table, or check the table that is already there."""

        def loaded(connection: PostgresConnection) -> LoadedTable:
            if source.file is not None:
                replace(connection, source)
            return inspect(connection, source)

        return self.run(loaded)

    def _once[T](self, work: Callable[[PostgresConnection], T]) -> T:
        with dbapi.connect(self._uri) as connection:
            try:
                done = work(PostgresConnection(connection))
                connection.commit()
            except BaseException:
                _roll_back(connection)
                raise
            return done

    def _refused(self, error: Error) -> InputError:
        told = f"{self.shown}: {in_words(error)}"
        if passes(error):
            return BusyError(f"{told}; tried again for {PATIENCE} seconds")
        return InputError(told)

    def _fault(self, outcome: Any) -> str:
        return in_words(outcome.exception())


def _roll_back(connection: dbapi.Connection) -> None:
    try:
        connection.rollback()
    except Error:  # the connection is lost, and the transaction with it
        log.debug("no connection left to roll back")
