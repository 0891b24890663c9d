"""What there is to see: the pages of the plugin by name, and the runs that they tell of."""

from __future__ import annotations

import time
from urllib.parse import quote

from tests.system.conftest import AirflowWithRun

OTHER_SETTINGS = {"seed": 5, "max_components": 4}  # as entered in the trigger form


def after_two_runs(airflow: AirflowWithRun) -> dict[str, str]:
    """Train a second version and let another DAG fail; the addresses of the pages by name."""
    later, failed = airflow.trigger(airflow.dag_id, OTHER_SETTINGS), airflow.trigger("broken_train")
    airflow.wait("broken_train", failed)
    if airflow.wait(airflow.dag_id, later) != "success":
        raise RuntimeError(f"The second run of {airflow.dag_id} failed.")
    both = f"left={quote(airflow.run_id, safe='')}&right={quote(later, safe='')}"
    return {
        "run": f"{airflow.pages(airflow.dag_id, airflow.run_id)}/clusters",
        "history": f"{airflow.url}/gmm/{airflow.dag_id}/clusters",
        "compare": f"{airflow.url}/gmm/{airflow.dag_id}/compare?{both}",
        "overview": f"{airflow.url}/gmm/segmentations",
        "failed": f"{airflow.pages('broken_train', failed)}/clusters",
        "missing": f"{airflow.pages(airflow.dag_id, 'deleted')}/clusters",
    }


def going(airflow: AirflowWithRun) -> dict[str, str]:
    """The page of a run that has just begun, for as long as it goes on."""
    run_id = airflow.trigger(airflow.dag_id)
    while not any(task["state"] for task in airflow.api.tasks(airflow.dag_id, run_id)):
        time.sleep(0.1)
    return {"going": f"{airflow.pages(airflow.dag_id, run_id)}/clusters"}
