"""The doctor says of each place whether it can be used, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from include.gmm import settings
from include.gmm.store import configured
from include.gmm.warehouse import warehouse_of
from include.orchestration import doctor
from tests.gmm.warehouse.servers import PostgresServer, as_connection


@pytest.fixture
def deployed(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """A store and a database, as a deployment names them; the profile of the database."""
    profile = postgres_server.database()
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", as_connection(profile))
    monkeypatch.setenv("GMM_STORE", str(tmp_path / "store"))
    return profile


def test_what_is_there_is_told_line_by_line_and_nothing_is_left(
    deployed: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor.main() == 0, capsys.readouterr().out
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        *("ok  versions", "ok  places that workers share", "ok  store", "ok  warehouse", "ok  dbt")
    ]
    assert configured().list("doctor") == []
    left = "SELECT count(*) FROM pg_class WHERE relname LIKE 'doctor%'"
    assert warehouse_of(deployed).run(lambda it: it.execute(left)) == [(0,)]


def test_a_role_with_the_least_rights_is_enough(
    deployed: dict[str, Any],
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    postgres_server.sql(deployed["dbname"], "CREATE ROLE worker LOGIN")
    try:
        for schema in ("main_scores", "raw"):
            made = f"CREATE SCHEMA {schema} AUTHORIZATION worker"
            postgres_server.sql(deployed["dbname"], made)
        postgres_server.sql(deployed["dbname"], "ALTER SCHEMA main OWNER TO worker")
        worker = {**deployed, "user": "worker"}
        monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", as_connection(worker))
        assert doctor.main() == 0, capsys.readouterr().out
        assert warehouse_of(worker).load(settings.find("customers").source).rows == 69_659
    finally:
        postgres_server.sql(deployed["dbname"], "DROP OWNED BY worker CASCADE")
        postgres_server.sql(deployed["dbname"], "DROP ROLE worker")


def test_a_role_that_may_not_write_is_told_with_the_right_that_it_lacks(
    deployed: dict[str, Any],
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    postgres_server.sql(deployed["dbname"], "CREATE ROLE looker LOGIN")
    try:
        looker = {**deployed, "user": "looker"}
        monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", as_connection(looker))
        assert doctor.main() == 1
        assert "NO  warehouse" in (told := capsys.readouterr().out)
        assert "permission denied for database" in told
    finally:
        postgres_server.sql(deployed["dbname"], "DROP ROLE looker")
