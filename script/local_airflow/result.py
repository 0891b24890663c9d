"""What a finished run has made, and where to look at it."""

from __future__ import annotations

from urllib.parse import quote

from pydantic import ValidationError
from rich.console import Console

from include.gmm.summary import Promoted, Summary
from include.gmm.terminal import render
from script.local_airflow.api import Api
from script.local_airflow.errors import StartError
from script.local_airflow.server import Airflow

EVALUATION, PROMOTION = "load_model_and_evaluate", "promote_model"


def show(airflow: Airflow, api: Api, dag_id: str, run_id: str, console: Console) -> None:
    """Print the segments, what became of them, where the model is, and the address of the tab.

    Raises StartError when one of the tasks returned something else than it should.
    """
    try:
        summary = Summary.model_validate(api.xcom(dag_id, run_id, EVALUATION))
        promoted = Promoted.model_validate(api.xcom(dag_id, run_id, PROMOTION))
    except ValidationError as error:
        raise StartError(f"The run did not return a summary: {error}") from None
    console.print()
    console.print(render(summary.following(promoted.succession)))
    console.print(f"\n{promoted.sentence}", soft_wrap=True, markup=False)
    console.print(f"Model:    {summary.model_path}", soft_wrap=True, markup=False)
    console.print(f"Clusters: {tab(airflow, api, dag_id, run_id)}", soft_wrap=True, markup=False)


def tab(airflow: Airflow, api: Api, dag_id: str, run_id: str) -> str:
    """The address of the run's tab in Airflow's UI; of the run itself when there is no tab."""
    run = f"{airflow.url}/dags/{dag_id}/runs/{quote(run_id, safe='')}"
    views = (view for plugin in api.get("plugins")["plugins"] for view in plugin["external_views"])
    routes = [view["url_route"] for view in views if view["destination"] == "dag_run"]
    return f"{run}/plugin/{routes[0]}" if routes else run
