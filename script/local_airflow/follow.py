"""A run, told task by task while it happens."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from script.local_airflow.api import JSON, Api
from script.local_airflow.server import Airflow
from script.local_airflow.task_logs import exception_of

POLL = 0.5  # seconds

_SIGNS = {
    "success": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "up_for_retry": "[yellow]↻[/]",
    "skipped": "[dim]-[/]",
    "awaiting_input": "[yellow]?[/]",
}
_ASKS = "awaiting_input"
_OVER = {"success", "failed"}


def follow(airflow: Airflow, api: Api, dag_id: str, run_id: str, console: Console) -> bool:
    """Print a line for every task that ends; True when the run has succeeded.

    A task that asks a person says where to answer; that may take as long as it takes. A terminal
    shows besides what is running now. Raises StartError when Airflow ends first.
    """
    told: set[tuple[str, int, str]] = set()
    with console.status(f"{dag_id} is waiting for the scheduler") as status:
        while True:
            airflow.check()
            state = api.run(dag_id, run_id)["state"]
            tasks = api.tasks(dag_id, run_id)
            for task in sorted(tasks, key=lambda task: task["end_date"] or ""):
                key = (task["task_id"], task["try_number"], task["state"])
                if task["state"] in _SIGNS and key not in told:
                    told.add(key)
                    _tell(airflow, dag_id, run_id, task, console)
            if state in _OVER:
                return bool(state == "success")
            _show_running(status, tasks)
            time.sleep(POLL)


def _tell(airflow: Airflow, dag_id: str, run_id: str, task: JSON, console: Console) -> None:
    name, state = task["task_id"], task["state"]
    seconds = f"{task['duration']:6.1f} s" if task["duration"] is not None else ""
    console.print(f"  {_SIGNS[state]} {escape(name):<55} {seconds}")
    if state == _ASKS:
        where = f"{airflow.page(dag_id, run_id)}/tasks/{name}/required_actions"
        console.print("    The run waits for your decision. Give it in Airflow:")
        console.print(f"    {where}", soft_wrap=True, markup=False)
        console.print("    Ctrl-C ends the waiting: it fails the run and stops Airflow.")
    if state not in ("failed", "up_for_retry"):
        return
    log = airflow.layout.task_log(dag_id, run_id, name, task["try_number"])
    console.print(f"    {exception_of(log)}", style="red", markup=False)
    console.print(f"    log: {airflow.layout.shown(log)}", markup=False)
    if state == "up_for_retry":
        console.print(f"    it is tried again; this was attempt {task['try_number']}")


def _show_running(status: Status, tasks: list[JSON]) -> None:
    now = datetime.now(UTC)
    running = [
        f"{task['task_id']} ({(now - datetime.fromisoformat(task['start_date'])).seconds} s)"
        for task in tasks
        if task["state"] == "running" and task["start_date"]
    ]
    asking = [f"{task['task_id']} (waits for you)" for task in tasks if task["state"] == _ASKS]
    if now_shown := running + asking:
        status.update(escape(", ".join(now_shown)))
