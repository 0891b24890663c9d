"""What the tab says about each kind of run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.plugins.examples import example

TASK = "load_model_and_evaluate"
Client = Callable[[str | None], TestClient]
Run = Callable[..., str]


def summary() -> dict[str, Any]:
    return example().model_dump(mode="json")


def finished(run: Run, value: Any) -> str:
    return run("success", {TASK: "success"}, {TASK: value})


@pytest.mark.parametrize("store", [lambda value: value, json.dumps], ids=["object", "text"])
def test_a_summary_is_shown_however_the_database_keeps_json(
    client: Client, run: Run, store: Callable[[Any], Any]
) -> None:
    answer = client("viewer").get(f"{finished(run, store(summary()))}/clusters")
    assert answer.status_code == 200
    assert "5 segments" in answer.text
    assert "36.1 %" in answer.text


def test_the_json_route_gives_the_summary_unchanged(client: Client, run: Run) -> None:
    answer = client("viewer").get(f"{finished(run, summary())}/summary.json")
    assert answer.json() == summary()


def test_a_summary_is_shown_as_soon_as_it_exists_though_the_run_goes_on(
    client: Client, run: Run
) -> None:
    page = run("running", {TASK: "success", "promote": "running"}, {TASK: summary()})
    assert "5 segments" in client("viewer").get(f"{page}/clusters").text


def test_a_run_that_does_not_exist_is_not_found(client: Client) -> None:
    answer = client("viewer").get("/gmm/customers_train/no_such_run/clusters")
    assert answer.status_code == 404
    assert "No such run" in answer.text


def test_a_run_of_another_dag_is_not_found_under_this_dag(client: Client, run: Run) -> None:
    page = finished(run, summary()).replace("customers_train", "other")
    assert client("viewer").get(f"{page}/clusters").status_code == 404


def test_runs_of_two_dags_with_one_name_are_kept_apart(client: Client, run: Run) -> None:
    run("success", {TASK: "success"}, {TASK: summary()}, dag_id="one", run_id="same")
    page = run("failed", {TASK: "failed"}, dag_id="two", run_id="same")
    assert "The run failed" in client("viewer").get(f"{page}/clusters").text
    assert client("viewer").get(f"{page}/summary.json").status_code == 404


@pytest.mark.parametrize("dag_id", ["~", "%7E", "customers_trai_", "*", "%25"])
def test_no_wildcard_reaches_the_runs_of_a_dag(client: Client, run: Run, dag_id: str) -> None:
    page = finished(run, summary()).replace("customers_train", dag_id)
    for route in ("clusters", "summary.json", "charts/bic.light.svg"):
        assert client("viewer").get(f"{page}/{route}").status_code == 404


def test_a_dag_id_in_the_query_changes_nothing(client: Client, run: Run) -> None:
    page = finished(run, summary())
    answer = client("viewer").get(f"{page}/clusters?dag_id=~&run_id=other")
    assert "5 segments" in answer.text


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_run_that_is_still_going_says_so_and_looks_again(
    client: Client, run: Run, state: str
) -> None:
    answer = client("viewer").get(f"{run(state, {'load_data': state, TASK: None})}/clusters")
    assert answer.status_code == 200
    assert "The run is still going" in answer.text
    assert 'http-equiv="refresh"' in answer.text


def test_a_failed_run_names_the_task_that_failed_and_not_those_that_never_ran(
    client: Client, run: Run
) -> None:
    page = run("failed", {"build_save_gmm_model": "failed", TASK: "upstream_failed"})
    answer = client("viewer").get(f"{page}/clusters")
    assert "Failed: build_save_gmm_model" in answer.text
    assert f"Failed: {TASK}" not in answer.text


def test_a_dag_that_publishes_no_summary_is_told_kindly(client: Client, run: Run) -> None:
    answer = client("viewer").get(f"{run('success', {'hello': 'success'}, dag_id='o')}/clusters")
    assert answer.status_code == 200
    assert "No clusters here" in answer.text
    assert "refresh" not in answer.text


def test_a_skipped_task_leaves_no_summary_and_the_page_says_so(client: Client, run: Run) -> None:
    answer = client("viewer").get(f"{run('success', {TASK: 'skipped'})}/clusters")
    assert "The run left no summary" in answer.text
    assert "skipped" in answer.text


def test_a_summary_of_another_schema_names_both_versions(client: Client, run: Run) -> None:
    page = finished(run, summary() | {"schema_version": 2, "something": "new"})
    answer = client("viewer").get(f"{page}/clusters")
    assert "This summary cannot be read" in answer.text
    assert "schema 2" in answer.text
    assert "schema 1" in answer.text


def test_a_broken_summary_names_the_keys_at_fault(client: Client, run: Run) -> None:
    answer = client("viewer").get(f"{finished(run, summary() | {'rows': 'many'})}/clusters")
    assert "This summary cannot be read" in answer.text
    assert "rows: " in answer.text
    assert "many" not in answer.text


@pytest.mark.parametrize("value", ["s3://bucket/key", "{broken", 7, [1, 2]])
def test_what_is_no_summary_at_all_is_said_to_be_none(client: Client, run: Run, value: Any) -> None:
    answer = client("viewer").get(f"{finished(run, value)}/clusters")
    assert "This summary cannot be read" in answer.text


def test_an_xcom_cannot_make_airflow_build_objects(client: Client, run: Run) -> None:
    serialized = summary() | {"__classname__": "builtins.set", "__version__": 1, "__data__": [1]}
    answer = client("viewer").get(f"{finished(run, json.dumps(serialized))}/clusters")
    assert "This summary cannot be read" in answer.text
    assert "__classname__: Extra inputs are not permitted" in answer.text


def test_charts_and_json_of_a_run_without_summary_are_not_found(client: Client, run: Run) -> None:
    page = run("failed", {TASK: "failed"})
    for route in ("summary.json", "charts/bic.dark.svg"):
        assert client("viewer").get(f"{page}/{route}").status_code == 404
