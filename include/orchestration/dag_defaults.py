"""What all DAGs have in common: how their runs share the warehouse, and what follows a failure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import get_current_context

from include.gmm.settings import Segmentation
from include.orchestration.notifications import on_failure
from include.orchestration.warehouse import many_writers

PARALLEL_TASKS = 8


def dag_defaults(segmentation: Segmentation) -> dict[str, Any]:
    """Settings of a DAG: one run at a time, and some patience with failures.

    Where the warehouse admits one process at a time that may write, one task as well; between DAGs,
    tasks wait for each other.
    """
    return {
        "catchup": False,
        "auto_register": False,  # one that could not be made to its end must not be there
        "max_active_runs": 1,
        "max_active_tasks": PARALLEL_TASKS if many_writers() else 1,
        "default_args": {
            "retries": 2,
            "retry_delay": timedelta(seconds=10),
            "retry_exponential_backoff": 2.0,
            "on_failure_callback": on_failure(segmentation),
        },
    }


def acting_run() -> str:
    """The run of the present task, as the one who acts."""
    run = get_current_context()["dag_run"]
    return f"{run.dag_id}, run {run.run_id}"
