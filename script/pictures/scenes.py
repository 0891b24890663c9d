"""What there is to see: the pages of the plugin by name, and the runs that they tell of."""

from __future__ import annotations

import time
from urllib.parse import quote

from script.local_airflow.dags import wait_for
from script.pictures.made_up import summaries
from tests.system.conftest import MONITOR_DAG_ID, SCORE_DAG_ID, SHOWING, AirflowWithRun

OTHER_SETTINGS = {"max_components": 2, "covariance_types": ["spherical"]}  # fail the gates


def before_any_run(airflow: AirflowWithRun) -> dict[str, str]:
    """The lists, where nothing has been trained yet."""
    for dag_id in (airflow.dag_id, MONITOR_DAG_ID, SCORE_DAG_ID):
        wait_for(airflow.server, airflow.api, dag_id)
    return {f"{name}-empty": address for name, address in lists(airflow).items()}


def after_two_runs(airflow: AirflowWithRun) -> dict[str, str]:
    """Train another version and let another DAG fail; the addresses of the pages by name."""
    later, failed = airflow.trigger(airflow.dag_id, OTHER_SETTINGS), airflow.trigger("broken_train")
    airflow.wait("broken_train", failed)
    if airflow.wait(airflow.dag_id, later) != "success":
        raise RuntimeError(f"Run {later} of {airflow.dag_id} failed.")
    both = f"left={quote(airflow.run_id, safe='')}&right={quote(later, safe='')}"
    return {
        "run": f"{airflow.pages(airflow.dag_id, airflow.run_id)}/clusters",
        "run-not-promoted": f"{airflow.pages(airflow.dag_id, later)}/clusters",
        **lists(airflow),
        "compare": f"{airflow.url}/gmm/{airflow.dag_id}/compare?{both}",
        "compare-nothing": f"{airflow.url}/gmm/{airflow.dag_id}/compare",
        "failed": f"{airflow.pages('broken_train', failed)}/clusters",
        "missing": f"{airflow.pages(airflow.dag_id, 'deleted')}/clusters",
    }


def going(airflow: AirflowWithRun) -> dict[str, str]:
    """The page of a run that has just begun, for as long as it goes on."""
    run_id = airflow.trigger(airflow.dag_id)
    while not any(task["state"] for task in airflow.api.tasks(airflow.dag_id, run_id)):
        time.sleep(0.1)
    return {"going": f"{airflow.pages(airflow.dag_id, run_id)}/clusters"}


def made_up(airflow: AirflowWithRun) -> dict[str, str]:
    """The pages of summaries that no training here leaves, and the history of all of them."""
    pages = {
        name: f"{airflow.pages(SHOWING, airflow.show(content))}/clusters"
        for name, content in summaries().items()
    }
    return pages | {"history-mixed": f"{airflow.url}/gmm/{SHOWING}/clusters"}


def refused(airflow: AirflowWithRun, reason: str) -> dict[str, str]:
    """The page of a run and the lists, for who may not read them for this reason."""
    pages = {"run": f"{airflow.pages(airflow.dag_id, airflow.run_id)}/clusters", **lists(airflow)}
    return {f"{name}-{reason}": address for name, address in pages.items()}


def lists(airflow: AirflowWithRun) -> dict[str, str]:
    """The pages that tell of more than one run."""
    return {
        "history": f"{airflow.url}/gmm/{airflow.dag_id}/clusters",
        "monitor": f"{airflow.url}/gmm/{MONITOR_DAG_ID}/clusters",
        "score": f"{airflow.url}/gmm/{SCORE_DAG_ID}/clusters",
        "overview": f"{airflow.url}/gmm/segmentations",
    }
