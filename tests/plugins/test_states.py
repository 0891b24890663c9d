"""What the tab says about each kind of run."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from markupsafe import escape

from plugins.gmm_summaries.parsing import SUMMARY
from tests.gmm.page.examples import example

TASK = "load_model_and_evaluate"
SCHEMA = SUMMARY.schema
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


def test_a_running_run_names_the_task_at_work_and_those_that_are_done(
    client: Client, run: Run
) -> None:
    tasks = {"load_data": "success", "group.check": "running", "retried": "up_for_retry"}
    answer = client("viewer").get(f"{run('running', tasks | {TASK: None})}/clusters")
    assert "Now at work: group.check; 1 of 4 tasks are done." in answer.text
    assert "Running: group.check" in answer.text
    assert "Failed, and waits for its next try: retried" in answer.text
    assert "Done: load_data" in answer.text
    assert f": {TASK}" not in answer.text


def test_a_run_between_two_tasks_says_that_none_is_at_work(client: Client, run: Run) -> None:
    page = run("running", {"load_data": "success", TASK: "scheduled"})
    answer = client("viewer").get(f"{page}/clusters")
    assert "No task is at work right now; 1 of 2 tasks are done." in answer.text
    assert "data-outside" not in answer.text


def test_a_failed_run_names_the_task_that_failed_and_not_those_that_never_ran(
    client: Client, run: Run
) -> None:
    page = run("failed", {"build_save_gmm_model": "failed", TASK: "upstream_failed"})
    answer = client("viewer").get(f"{page}/clusters")
    assert "Failed: build_save_gmm_model" in answer.text
    assert f"Failed: {TASK}" not in answer.text


def test_of_several_failed_tasks_the_first_is_named_with_its_time(client: Client, run: Run) -> None:
    early, late = datetime(2026, 11, 23, 8, 5, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=UTC)
    tasks = {"a_late": "failed", "b_early": "failed", "c_unknown": "failed", TASK: None}
    page = run("failed", tasks, ended={"a_late": late, "b_early": early})
    answer = client("viewer").get(f"{page}/clusters")
    assert "Task b_early failed first, on 2026-11-23 at 08:05:00 UTC" in answer.text
    named = [answer.text.index(f"Failed: {name}") for name in ("b_early", "a_late", "c_unknown")]
    assert named == sorted(named)


@pytest.mark.parametrize(
    ("task", "address"),
    [
        ("load_data", "tasks/load_data"),
        ("group.check", "tasks/group.check"),
        ("na?me/d", "tasks/na%3Fme%2Fd"),
        ("mapped[3]", "tasks/mapped/mapped/3"),
    ],
)
@pytest.mark.parametrize("state", ["failed", "running"])
def test_a_run_without_summary_links_to_the_log_that_says_more(
    client: Client, run: Run, task: str, address: str, state: str
) -> None:
    run_id = f"run:{uuid.uuid4().hex}+0"
    page = run(state, {task: state, TASK: None}, dag_id="logs_train", run_id=run_id)
    answer = client("viewer").get(f"{page}/clusters")
    (link,) = re.findall(r'<a href="([^"]*)" data-outside>', answer.text)
    assert link == f"../../../dags/logs_train/runs/{quote(run_id, safe='')}/{address}"
    assert str(answer.url.join(link)).startswith("http://airflow.test/some/base/path/dags/logs_")


def test_a_dag_that_publishes_no_summary_is_told_kindly(client: Client, run: Run) -> None:
    answer = client("viewer").get(f"{run('success', {'hello': 'success'}, dag_id='o')}/clusters")
    assert answer.status_code == 200
    assert "No clusters here" in answer.text
    assert "refresh" not in answer.text


def test_a_run_that_measures_or_scores_waits_for_what_it_is_to_leave(
    client: Client, run: Run
) -> None:
    for task, waited in (("measure_drift", "measurement"), ("publish_scores", "result")):
        page = run("running", {"load_data": "running", task: None}, dag_id=f"{task}_dag")
        answer = client("viewer").get(f"{page}/clusters")
        assert f"The {waited} appears here as soon as task {task} has succeeded." in answer.text
        assert 'http-equiv="refresh"' in answer.text


def test_a_measurement_or_scores_that_need_a_champion_say_that_there_was_none(
    client: Client, run: Run
) -> None:
    early, late = datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=UTC)
    for first, task in (("measure_drift", "measure_drift"), ("plan_scoring", "publish_scores")):
        ended = {first: early} if first == task else {first: early, task: late}
        tasks = {"load_data": "success", **dict.fromkeys(ended, "skipped")}
        page = run("success", tasks, dag_id=f"{task}_dag", ended=ended)
        answer = client("viewer").get(f"{page}/clusters")
        assert "There was no champion yet" in answer.text
        (link,) = re.findall(r'<a href="([^"]*)" data-outside>', answer.text)
        assert link.endswith(f"/tasks/{first}")


def test_a_skipped_task_leaves_no_summary_and_the_page_says_so(client: Client, run: Run) -> None:
    answer = client("viewer").get(f"{run('success', {TASK: 'skipped'})}/clusters")
    assert "The run left no summary" in answer.text
    assert "skipped" in answer.text


@pytest.mark.parametrize(
    ("version", "advice"),
    [
        (SCHEMA - 1, "An older release of the project wrote it. Trigger the DAG"),
        (SCHEMA + 1, "A newer release of the project wrote it. Deploy that release"),
        ("new", "No release of the project writes that. Trigger the DAG"),
    ],
)
def test_a_summary_of_another_schema_names_both_versions_and_what_to_do(
    client: Client, run: Run, version: Any, advice: str
) -> None:
    page = finished(run, summary() | {"schema_version": version, "something": "else"})
    answer = client("viewer").get(f"{page}/clusters")
    assert "This summary cannot be read" in answer.text
    assert f"with schema {escape(repr(version))}, and this tab reads schema {SCHEMA}" in answer.text
    assert advice in answer.text


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
