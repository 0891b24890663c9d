"""Which warehouse a deployment has: the connection's, or the DuckDB file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import BaseHook

from include.gmm import settings
from include.gmm.errors import InputError
from include.gmm.settings import WAREHOUSE
from include.gmm.warehouse.duckdb import DuckDbWarehouse
from include.gmm.warehouse.postgres import PostgresWarehouse
from include.orchestration import warehouse
from include.orchestration.dag_defaults import PARALLEL_TASKS, dag_defaults

POSTGRES = {
    "conn_type": "postgres",
    "host": "db.example.com",
    "port": 5433,
    "login": "gmm",
    "password": "p@ss word",
    "schema": "analytics",
}


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(POSTGRES))


def test_without_a_connection_it_is_the_duckdb_file() -> None:
    found = warehouse.configured()
    assert isinstance(found, DuckDbWarehouse)
    assert found.path == WAREHOUSE
    assert not warehouse.many_writers()


def test_a_connection_is_the_warehouse_of_python(connection: None) -> None:
    found = warehouse.configured()
    assert isinstance(found, PostgresWarehouse)
    assert found.shown == "postgres://db.example.com:5433/analytics"
    assert (found.schema, found.scores) == ("main", "main_scores")


def test_the_same_connection_is_that_of_dbt_and_its_password_is_in_no_file(
    connection: None, tmp_path: Path
) -> None:
    config = warehouse.profile_config(tmp_path)
    profile = config.profile_mapping.profile
    assert (profile["host"], profile["dbname"], profile["schema"]) == (
        *("db.example.com", "analytics"),
        "main",
    )
    written = config.profile_mapping.get_profile_file_contents("segments", "deployment")
    assert "p@ss" not in written


def test_the_schema_is_a_setting(connection: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GMM_WAREHOUSE_SCHEMA", "marketing")
    found = warehouse.configured()
    assert (found.schema, found.scores) == ("marketing", "marketing_scores")


def test_the_name_of_the_connection_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GMM_WAREHOUSE", "other")
    with pytest.raises(InputError, match="GMM_WAREHOUSE: there is no connection 'other'"):
        warehouse.configured()
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", json.dumps(POSTGRES))
    assert isinstance(warehouse.configured(), PostgresWarehouse)


def test_a_connection_that_is_not_filled_in_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps({"conn_type": "postgres"}))
    with pytest.raises(InputError, match="connection 'warehouse': no dbt profile"):
        warehouse.configured()


def test_a_connection_of_another_type_is_refused_and_taken_for_no_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = {"conn_type": "duckdb", "host": "/tmp/warehouse.duckdb"}  # noqa: S108
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(other))
    for asked in (warehouse.configured, warehouse.many_writers):
        with pytest.raises(InputError, match=r"connection 'warehouse': .* check its type"):
            asked()


def test_the_connection_is_looked_up_once(
    connection: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup, names = BaseHook.get_connection, []

    def counting(name: str) -> Any:
        names.append(name)
        return lookup(name)

    monkeypatch.setattr(BaseHook, "get_connection", counting)
    warehouse.configured()
    assert names == ["warehouse"]


def test_tasks_run_at_the_same_time_where_many_may_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    customers = settings.find("customers")
    assert dag_defaults(customers)["max_active_tasks"] == 1
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(POSTGRES))
    assert dag_defaults(customers)["max_active_tasks"] == PARALLEL_TASKS
