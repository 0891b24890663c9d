"""Nine segmentations broken in nine ways beside one that trains and scores, in a real Airflow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from include.gmm.warehouse.duckdb_file import connected
from tests.system.conftest import AirflowWithRun
from tests.ten_segmentations import BROKEN, GOOD, put_into

PATIENCE = 480


@pytest.fixture(scope="module", autouse=True)
def ten(airflow: AirflowWithRun) -> Iterator[None]:
    """Put into the project while Airflow is running, and taken out again for other tests."""
    made = put_into(airflow.folder)
    yield
    for path in made:
        path.unlink()
    wait_until(lambda: not errors(airflow))


def errors(airflow: AirflowWithRun) -> list[Any]:
    found: list[Any] = airflow.api.get("importErrors")["import_errors"]
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.3)


def published(airflow: AirflowWithRun, dag_id: str) -> bool:
    """Whether some run has published scores."""
    runs = airflow.api.get(f"dags/{dag_id}/dagRuns")["dag_runs"]
    tasks = [task for run in runs for task in airflow.api.tasks(dag_id, run["dag_run_id"])]
    return ("publish_scores", "success") in [(task["task_id"], task["state"]) for task in tasks]


def test_the_tenth_trains_and_scores_beside_nine_that_are_told(airflow: AirflowWithRun) -> None:
    wait_until(lambda: bool(airflow.api.find(f"dags/{GOOD}_train")))
    run_id = airflow.trigger(f"{GOOD}_train")
    assert airflow.wait(f"{GOOD}_train", run_id) == "success"
    promoted = airflow.xcom(f"{GOOD}_train", run_id, "promote_model")
    assert promoted["outcome"] == "promoted"

    # The new champion starts the scoring; that of the new features, before, found none.
    wait_until(lambda: published(airflow, f"{GOOD}_score"))
    with connected(airflow.folder / "working_data" / "warehouse.duckdb") as connection:
        sql = f"SELECT count(*), count(segment_id) FROM {GOOD}_segments"
        assert connection.execute(sql).fetchall() == [(300, 300)]

    [error] = errors(airflow)
    assert error["filename"] == "faults.py"
    lines = error["stack_trace"].splitlines()
    for name, (_, _, told) in BROKEN.items():
        assert any(f"/{name}.yaml: " in line and told in line for line in lines), name
