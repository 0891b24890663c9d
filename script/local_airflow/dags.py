"""Is the DAG there, as its file says now?"""

from __future__ import annotations

import time
from datetime import datetime

from script.local_airflow.api import JSON, Api
from script.local_airflow.errors import StartError
from script.local_airflow.server import Airflow

PATIENCE = 90  # seconds for the DAG to appear
GRACE = 5  # seconds more, once some file of dags/ is known to be broken: it may be another one


def wait_for(airflow: Airflow, api: Api, dag_id: str) -> None:
    """Return when the DAG has been read since Airflow was started (the database may know an older
    one). Raises StartError with the import error when its file is broken.
    """
    now = time.monotonic()
    deadline, broken = now + PATIENCE, False
    while time.monotonic() < deadline:
        airflow.check()
        dag = api.find(f"dags/{dag_id}")
        if dag and not dag["is_stale"] and _since(airflow, dag["last_parsed_time"]):
            return
        if not broken and import_errors(airflow, api):
            broken, deadline = True, time.monotonic() + GRACE
        time.sleep(0.3)
    if errors := import_errors(airflow, api):
        raise StartError("\n".join(_described(error) for error in errors))
    log = airflow.layout.shown(airflow.layout.log("dag-processor"))
    raise StartError(f"No file in dags/ makes the DAG {dag_id}; the DAG processor's log is {log}.")


def import_errors(airflow: Airflow, api: Api) -> list[JSON]:
    """The files of dags/ that could not be imported since Airflow was started."""
    errors = api.get("importErrors", limit=100)["import_errors"]
    return [error for error in errors if _since(airflow, error["timestamp"])]


def _since(airflow: Airflow, moment: str | None) -> bool:
    return moment is not None and datetime.fromisoformat(moment) >= airflow.started


def _described(error: JSON) -> str:
    trace = [line for line in error["stack_trace"].splitlines() if line.strip()]
    indented = "\n".join(f"  {line}" for line in trace)
    return f"dags/{error['filename']} cannot be imported: {trace[-1].strip()}\n{indented}"
