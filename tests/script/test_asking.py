"""What script/start says of a run that waits for a person, and of a version that was rejected."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from script.local_airflow import follow, result
from script.local_airflow.api import Api
from script.local_airflow.components import Components
from script.local_airflow.environment import Layout
from script.local_airflow.server import Airflow
from tests.gmm.page.examples import example

DAG_ID, RUN_ID = "customers_train", "manual__2026-11-24T19:15:06+00:00"
PAGE = "http://127.0.0.1:8123/dags/customers_train/runs/manual__2026-11-24T19%3A15%3A06%2B00%3A00"
EVALUATION, APPROVAL, PROMOTION = result.EVALUATION, "approve_promotion", result.PROMOTION


@pytest.fixture
def airflow(tmp_path: Path) -> Airflow:
    """One that was not started: no component of it can have ended."""
    layout = Layout(tmp_path)
    return Airflow(layout, 8123, Components(tmp_path, {}, layout.log))


def answering(*moments: dict[str, str], xcoms: dict[str, Any] | None = None) -> Api:
    """An API to which the tasks have these states, one moment after the other.

    The run goes on until the last of them.
    """
    left = list(moments)

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/taskInstances"):
            states = left.pop(0) if len(left) > 1 else left[0]
            tasks = [task(task_id, state) for task_id, state in states.items()]
            return httpx.Response(200, json={"task_instances": tasks})
        if path.endswith("/plugins"):
            return httpx.Response(200, json={"plugins": []})
        if "/xcomEntries/" in path:
            value = (xcoms or {}).get(path.split("/")[-3])
            return httpx.Response(200 if value else 404, json={"value": value})
        return httpx.Response(200, json={"state": "running" if len(left) > 1 else "success"})

    api = Api.__new__(Api)  # without the login
    api.client = httpx.Client(base_url="http://test", transport=httpx.MockTransport(answer))
    return api


def task(task_id: str, state: str) -> dict[str, Any]:
    times = {"start_date": None, "end_date": None, "duration": None}
    return {"task_id": task_id, "state": state, "try_number": 1, **times}


def test_a_run_that_waits_for_a_person_says_once_where_to_decide(
    airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "POLL", 0)
    waiting = {APPROVAL: "awaiting_input"}
    api = answering(waiting, waiting, waiting, {APPROVAL: "success", PROMOTION: "success"})
    told = StringIO()
    assert follow.follow(airflow, api, DAG_ID, RUN_ID, Console(file=told, width=80))
    assert [line.strip() for line in told.getvalue().splitlines()] == [
        "? approve_promotion",
        "The run waits for your decision. Give it in Airflow:",
        f"{PAGE}/tasks/approve_promotion/required_actions",
        "Ctrl-C ends the waiting: it fails the run and stops Airflow.",
        "✓ approve_promotion",
        "✓ promote_model",
    ]


def test_a_version_that_was_rejected_is_shown_with_what_became_of_it(airflow: Airflow) -> None:
    states = {EVALUATION: "success", APPROVAL: "success", PROMOTION: "skipped"}
    api = answering(states, xcoms={EVALUATION: example().model_dump(mode="json")})
    told = StringIO()
    result.show(airflow, api, DAG_ID, RUN_ID, Console(file=told, width=120))
    assert "5 segments" in told.getvalue()
    assert "Nobody approved it: it was not promoted." in told.getvalue()
    assert f"Clusters: {PAGE}" in told.getvalue()
