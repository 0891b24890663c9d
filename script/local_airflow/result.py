"""What a finished run has made, and where to look at it."""

from __future__ import annotations

from pydantic import ValidationError
from rich.console import Console

from include.gmm.promotion_record import Promoted
from include.gmm.summary import Summary
from include.gmm.terminal import render
from script.local_airflow.api import Api
from script.local_airflow.errors import StartError
from script.local_airflow.server import Airflow

EVALUATION, PROMOTION = "load_model_and_evaluate", "promote_model"


def show(airflow: Airflow, api: Api, dag_id: str, run_id: str, console: Console) -> None:
    """Print the segments, what became of them, where the model is, and the address of the tab.

    A version that nobody approved has no result of its promotion: that task was skipped.
    Raises StartError when one of the tasks returned something else than it should.
    """
    try:
        summary = Summary.model_validate(api.xcom(dag_id, run_id, EVALUATION))
        promoted = None
        if not _skipped(api, dag_id, run_id, PROMOTION):
            promoted = Promoted.model_validate(api.xcom(dag_id, run_id, PROMOTION))
    except ValidationError as error:
        raise StartError(f"The run did not return a summary: {error}") from None
    console.print()
    console.print(render(summary.following(promoted.succession) if promoted else summary))
    sentence = promoted.sentence if promoted else "Nobody approved it: it was not promoted."
    console.print(f"\n{sentence}", soft_wrap=True, markup=False)
    console.print(f"Model:    {summary.model_path}", soft_wrap=True, markup=False)
    console.print(f"Clusters: {tab(airflow, api, dag_id, run_id)}", soft_wrap=True, markup=False)


def tab(airflow: Airflow, api: Api, dag_id: str, run_id: str) -> str:
    """The address of the run's tab in Airflow's UI; of the run itself when there is no tab."""
    run = airflow.page(dag_id, run_id)
    views = (view for plugin in api.get("plugins")["plugins"] for view in plugin["external_views"])
    routes = [view["url_route"] for view in views if view["destination"] == "dag_run"]
    return f"{run}/plugin/{routes[0]}" if routes else run


def _skipped(api: Api, dag_id: str, run_id: str, task_id: str) -> bool:
    states = {task["task_id"]: task["state"] for task in api.tasks(dag_id, run_id)}
    return bool(states[task_id] == "skipped")
