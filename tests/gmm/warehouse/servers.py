"""Warehouses to test: a DuckDB file, and databases of a PostgreSQL server of this machine."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from adbc_driver_postgresql import dbapi

from include.gmm.warehouse import Warehouse, warehouse_of

HOST = "127.0.0.1"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresServer:
    """A server with data of its own, which can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._programs = programs()
        # PostgreSQL refuses to run as root.
        self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        if os.getuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
        else:
            self._as = []
        self._run("initdb", "--username=gmm", "--auth=trust", "--no-sync", "--encoding=UTF8")

    def start(self) -> None:
        """Let it answer."""
        settings = [f"port={self.port}", f"listen_addresses={HOST}", *FAST]
        settings += [f"unix_socket_directories={self.folder}", "max_connections=60"]
        given = " ".join(f"-c {setting}" for setting in settings)
        self._run("pg_ctl", "--wait", f"--log={self.folder}/log", f"--options={given}", "start")

    def stop(self, mode: str = "fast") -> None:
        """Break all connections, and answer no more."""
        self._run("pg_ctl", "--wait", f"--mode={mode}", "stop")

    def database(self) -> dict[str, Any]:
        """The dbt profile of a new database."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.sql("postgres", f"CREATE DATABASE {name}")
        self.sql(name, "CREATE SCHEMA main")
        return {
            "type": "postgres",
            "host": HOST,
            "port": self.port,
            "user": "gmm",
            "password": "secret word",
            "dbname": name,
            "schema": "main",
            "threads": 2,
        }

    def sql(self, database: str, statement: str) -> None:
        """Carry out a statement."""
        uri = f"postgresql://gmm@{HOST}:{self.port}/{database}"
        with dbapi.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, str(self._programs / program), f"--pgdata={self.folder}/data"]
        with (self.folder / "output").open("ab") as output:
            subprocess.run(
                [*command, *arguments], check=True, stdout=output, stderr=output, cwd="/"
            )


def programs() -> Path:
    """Where those of PostgreSQL are; skips where it is not installed."""
    found = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if found or installed:
        return (installed[0] if installed else Path(str(found)).resolve()).parent
    pytest.skip("PostgreSQL is not installed here")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server that answers."""
    with _running() as server:
        yield server


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """One that a test may stop."""
    with _running() as server:
        yield server


@contextmanager
def _running() -> Iterator[PostgresServer]:
    programs()
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    server = PostgresServer(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse_profile(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """The dbt profile of a warehouse of each kind, with nothing in it."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        return server.database()
    path = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(path)).close()
    return {"type": "duckdb", "path": str(path)}


@pytest.fixture
def empty_warehouse(warehouse_profile: dict[str, Any]) -> Warehouse:
    """A warehouse of each kind, with nothing in it."""
    return warehouse_of(warehouse_profile)


def as_connection(profile: dict[str, Any]) -> str:
    """Airflow's connection to the database of a dbt profile, as its environment variable has it."""
    given = {"conn_type": "postgres", "login": profile["user"], "schema": profile["dbname"]}
    return json.dumps(given | {name: profile[name] for name in ("host", "port", "password")})


def as_target(profile: dict[str, Any]) -> dict[str, str]:
    """What names the database to the command line and to dbt: the target, and where it leads."""
    places = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "dbname"}
    return {"DBT_TARGET": "server", **{name: str(profile[of]) for name, of in places.items()}}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
