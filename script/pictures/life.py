"""The life of a model, lived to be seen: months of purchases, drift, trainings and scores."""

from __future__ import annotations

import time

from script.pictures.scenes import lists
from tests.system.conftest import MONITOR_DAG_ID, ROLLBACK_DAG_ID, SCORE_DAG_ID, AirflowWithRun
from tests.system.purchases import bring_purchases

MONTHS = ("19980430", "19980531", "19980630")
PATIENCE = 300  # seconds for the training that a drift asks for


def before_a_champion(airflow: AirflowWithRun) -> dict[str, str]:
    """Let monitoring and scoring be skipped, for there are no segments in use yet."""
    pages = {
        "monitor-run": _page_of_run(airflow, MONITOR_DAG_ID),
        "score-run": _page_of_run(airflow, SCORE_DAG_ID),
        **lists(airflow),
    }
    return {f"{name}-skipped": address for name, address in pages.items()}


def months_later(airflow: AirflowWithRun) -> dict[str, str]:
    """Monitor month after month; the first drift trains a version, which then drifts as well."""
    pages = {"monitor-calm": _page_of_run(airflow, MONITOR_DAG_ID)}
    for month in MONTHS:
        bring_purchases(airflow, until=month)
        pages["monitor-breach"] = _page_of_run(airflow, MONITOR_DAG_ID)
        promoted = _trained_by_drift(airflow)  # the later drifts ask for no other training
    return {
        **pages,
        "run-promoted": f"{airflow.pages(airflow.dag_id, promoted)}/clusters",
        "score-run": _page_of_run(airflow, SCORE_DAG_ID),
    }


def rolled_back(airflow: AirflowWithRun) -> dict[str, str]:
    """Take the latest promotion back."""
    return {
        "rollback-run": _page_of_run(airflow, ROLLBACK_DAG_ID),
        "rollback": f"{airflow.url}/gmm/{ROLLBACK_DAG_ID}/clusters",
        "history-rolled-back": lists(airflow)["history"],
    }


def _page_of_run(airflow: AirflowWithRun, dag_id: str) -> str:
    """The page of a new run, once it has succeeded, be it that its tasks were skipped."""
    run_id = airflow.trigger(dag_id)
    if airflow.wait(dag_id, run_id) != "success":
        raise RuntimeError(f"Run {run_id} of {dag_id} failed.")
    return f"{airflow.pages(dag_id, run_id)}/clusters"


def _trained_by_drift(airflow: AirflowWithRun) -> str:
    """The run of training that a drift has started, once it has succeeded."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        ended = airflow.api.get(f"dags/{airflow.dag_id}/dagRuns", state=["success"])["dag_runs"]
        for run in ended:
            if run["run_type"] == "asset_triggered":
                return str(run["dag_run_id"])
        time.sleep(1)
    raise TimeoutError(f"No drift has trained a version within {PATIENCE} s.")
