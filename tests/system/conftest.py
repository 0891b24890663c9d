"""A real Airflow for the system tests, started once."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

from include.gmm.summary import Summary
from tests.conftest import HAS_TOOLS
from tests.gmm.store.servers import s3_server  # noqa: F401
from tests.gmm.warehouse.servers import postgres_server  # noqa: F401
from tests.system.copies import copy_project, free_port

with suppress(ModuleNotFoundError):  # tests that want it say what is missing
    from tests.system.browser import browser, page  # noqa: F401

if TYPE_CHECKING:
    from script.local_airflow.api import Api
    from script.local_airflow.server import Airflow

DAG_ID, SCORE_DAG_ID = "customers_train", "customers_score"
MONITOR_DAG_ID, ROLLBACK_DAG_ID = "customers_monitor", "customers_rollback"
SHOWING = "showing"  # of dags/showing.py
STRANGER = "stranger"  # a user without a role, who may read nothing
USERS = {"admin": "admin", "viewer": "viewer", STRANGER: ""}  # role by name
NOT_HERE = pytest.mark.skip(reason="runs Airflow for minutes: script/test does, and has the tools")
EXTRA_DAGS = Path(__file__).with_name("dags")


class AirflowWithRun:
    """A running Airflow. Once `train` has been called, `run_id` is a run that has succeeded."""

    dag_id = DAG_ID

    def __init__(self, server: Airflow, base_path: str = "") -> None:
        from script.local_airflow.api import Api

        self.server = server
        self.url = f"{server.url}{base_path}"
        self.folder = server.layout.project
        self.api: Api = Api(self.url, "admin", self.password("admin"))
        self.run_id = ""

    def password(self, username: str) -> str:
        """The password that Airflow made up for the user."""
        file = self.server.layout.home / "simple_auth_manager_passwords.json.generated"
        return str(json.loads(file.read_text())[username])

    def client(self, username: str) -> httpx.Client:
        """A client that is logged in as a browser is: with a cookie."""
        body = {"username": username, "password": self.password(username)}
        with self.anonymous() as visitor:
            answer = visitor.post("/auth/token", json=body).raise_for_status()
        client = self.anonymous()
        client.cookies.set("_token", answer.json()["access_token"])
        return client

    def anonymous(self) -> httpx.Client:
        """A client that is not logged in."""
        return httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def ui(self, dag_id: str, run_id: str) -> str:
        """The address of the run in Airflow's UI."""
        return f"{self.url}/dags/{dag_id}/runs/{quote(run_id, safe='')}"

    def pages(self, dag_id: str, run_id: str) -> str:
        """Where the plugin serves the page of the run and all that goes with it."""
        return f"{self.url}/gmm/{dag_id}/{quote(run_id, safe='')}"

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run, as soon as the DAG is there; its id."""
        from script.local_airflow.dags import wait_for

        wait_for(self.server, self.api, dag_id)
        self.api.patch(f"dags/{dag_id}", {"is_paused": False})
        return self.api.trigger(dag_id, conf)

    def pause(self, dag_id: str) -> None:
        """Let the DAG not run, whatever happens."""
        from script.local_airflow.dags import wait_for

        wait_for(self.server, self.api, dag_id)
        self.api.patch(f"dags/{dag_id}", {"is_paused": True})

    def wait(self, dag_id: str, run_id: str, patience: float = 480) -> str:
        """The state in which the run has ended."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            self.server.check()
            state = str(self.api.run(dag_id, run_id)["state"])
            if state in ("success", "failed"):
                return state
            time.sleep(0.3)
        states = {task["task_id"]: task["state"] for task in self.api.tasks(dag_id, run_id)}
        raise TimeoutError(f"{run_id} of {dag_id} did not end within {patience} s: {states}")

    def train(self) -> None:
        """Run customers_train."""
        self.run_id = self.trigger(DAG_ID)
        state = self.wait(DAG_ID, self.run_id)
        assert state == "success", _failures(self)

    def show(self, summary: dict[str, Any]) -> str:
        """A run of the DAG `showing` that has left this as its summary; its id."""
        run_id = self.trigger(SHOWING, {"summary": summary})
        assert self.wait(SHOWING, run_id) == "success"
        return run_id

    def xcom(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What the task returned."""
        return self.api.xcom(dag_id, run_id, task_id)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with an Airflow of their own come before those that share one.

    It would run beside them all the time and, idle, take a third of a processor. Without the
    tools of the group dev, as in `astro dev pytest`, there is no time for any of them.
    """
    if not HAS_TOOLS:
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent):
                item.add_marker(NOT_HERE)

    def shares_one(item: pytest.Item) -> bool:
        return (
            isinstance(item, pytest.Function)
            and "airflow" in item.fixturenames
            and not hasattr(item.module, "airflow")
        )

    items.sort(key=shares_one)


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowWithRun]:
    """Started by the code that script/start uses, but with users and passwords."""
    pytest.importorskip("script.local_airflow", reason="script/ is not here: not in the image")
    with started(tmp_path_factory.mktemp("airflow") / "project") as result:
        result.pause(SCORE_DAG_ID)  # else each training of a test would score all customers twice
        result.train()
        yield result


@contextmanager
def started(
    folder: Path, base_path: str = "", environment: dict[str, str] | None = None
) -> Iterator[AirflowWithRun]:
    """An Airflow in a copy of the project in this folder: as it was left, or made now.

    `base_path`, such as "/some/base", comes before the path of all its addresses; `environment` is
    for all its processes, besides what they inherit.
    """
    from script.local_airflow import settings_file
    from script.local_airflow.environment import HOST, Layout
    from script.local_airflow.server import running

    if not folder.exists():
        copy_project(folder)
        for dag in EXTRA_DAGS.glob("*.py"):
            (folder / "dags" / f"test_{dag.name}").write_text(dag.read_text())
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")}
    inherited |= environment or {}
    port = free_port()
    address = f"http://{HOST}:{port}{base_path}"
    settings = {
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",  # tests change what DAGs read
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(map(":".join, USERS.items())),
    }
    # `running` checks at its end that no process of Airflow is left.
    with running(Layout(folder), port, inherited, settings) as server:
        result = AirflowWithRun(server, base_path)
        settings_file.apply(settings_file.read(server.layout.settings), result.api)
        yield result


@pytest.fixture(scope="session")
def summary(airflow: AirflowWithRun) -> Summary:
    """The summary of the run as Airflow's own API gives it, not the tab."""
    content = airflow.xcom(airflow.dag_id, airflow.run_id, "load_model_and_evaluate")
    return Summary.model_validate(content)


@pytest.fixture(scope="session")
def later_run(airflow: AirflowWithRun) -> str:
    """A second run that has succeeded, whichever test made it: it stands for a later version."""
    runs = airflow.api.get(f"dags/{airflow.dag_id}/dagRuns", state=["success"])["dag_runs"]
    others = [run["dag_run_id"] for run in runs if run["dag_run_id"] != airflow.run_id]
    if others:
        return str(others[0])
    run_id = airflow.trigger(airflow.dag_id, {"max_components": 3})
    assert airflow.wait(airflow.dag_id, run_id) == "success"
    return run_id


@pytest.fixture(scope="session")
def failed_run(airflow: AirflowWithRun) -> tuple[str, str]:
    """The DAG and the id of a run that failed before there was a model."""
    run_id = airflow.trigger("broken_train")
    assert airflow.wait("broken_train", run_id) == "failed"
    return "broken_train", run_id


def _failures(airflow: AirflowWithRun) -> str:
    from script.local_airflow.task_logs import exception_of

    run = (airflow.dag_id, airflow.run_id)
    return "; ".join(
        f"{task['task_id']}: {exception_of(log)}"
        for task in airflow.api.tasks(*run)
        if task["state"] == "failed"
        for log in [airflow.server.layout.task_log(*run, task["task_id"], task["try_number"])]
    )
