"""A scoring run that ends with Airflow, as by `astro dev stop`, goes on with the next start."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from include.gmm.warehouse.duckdb_file import connected
from tests.system.conftest import DAG_ID, SCORE_DAG_ID, AirflowWithRun, started

PATIENCE = 400  # seconds
pytestmark = pytest.mark.timeout(1200)
TASKS = "include/orchestration/scoring.py"

# The first attempt of a range says that it runs and goes no further; the next ones do their work.
STUCK = """
    import time
    from pathlib import Path

    stuck = Path(__file__).parents[2] / "working_data" / "stuck"
    if not stuck.exists():
        stuck.touch()
        time.sleep(3600)
"""


def test_a_range_that_was_being_scored_is_scored_after_the_next_start(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("interrupted") / "project"
    with started(folder) as airflow:
        stick(folder / TASKS)
        assert airflow.wait(DAG_ID, airflow.trigger(DAG_ID, {"max_components": 2})) == "success"
        wait_until((folder / "working_data" / "stuck").exists)
        [run_id] = airflow.api.running(SCORE_DAG_ID)
        assert states(airflow, run_id)["score_range"] == "running"

    with started(folder) as airflow:
        assert airflow.wait(SCORE_DAG_ID, run_id, PATIENCE) == "success"
        assert set(states(airflow, run_id).values()) == {"success"}
    with connected(folder / "working_data" / "warehouse.duckdb") as warehouse:
        [found] = warehouse.execute("SELECT count(*) FROM customer_segments").fetchall()
    assert found == (23_570,)


def stick(tasks: Path) -> None:
    """Let the first attempt of the task score_range never end."""
    before, doc, body = tasks.read_text().partition('"""Score one range;')
    first, end, rest = body.partition('"""\n')
    assert doc and end
    tasks.write_text(f"{before}{doc}{first}{end}{STUCK}{rest}")


def states(airflow: AirflowWithRun, run_id: str) -> dict[str, str]:
    tasks = airflow.api.tasks(SCORE_DAG_ID, run_id)
    return {task["task_id"]: task["state"] for task in tasks}


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, "no range was scored"
        time.sleep(0.3)
