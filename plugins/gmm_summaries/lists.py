"""The routes of the pages that tell of more than one run."""

from __future__ import annotations

from typing import Literal

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response

from include.gmm.page import acts, drift, lists, pages, vega
from include.gmm.page.acts import Act
from include.gmm.page.drift import DriftHistory
from include.gmm.page.past import History
from include.gmm.page.reason import NoSummary
from plugins.gmm_summaries import drifts, history, told
from plugins.gmm_summaries.access import LOGGED_IN, MAY_READ_RUN, readable
from plugins.gmm_summaries.answers import File, Page
from plugins.gmm_summaries.kinds import MONITORING, TRAINING, dags_of
from plugins.gmm_summaries.runs import reading

CHOOSE = "Two different runs can be compared. Go back to the history of the DAG to choose them."
router = APIRouter(route_class=File)
tabs = APIRouter(route_class=Page)


@tabs.get("/segmentations", dependencies=LOGGED_IN)
def segmentations(user: GetUserDep) -> HTMLResponse:
    """All segmentations that this user may read."""
    with reading() as session:
        train, watch = dags_of(session, TRAINING), dags_of(session, MONITORING)
        allowed = readable(session, {*train, *watch}, user)
        shown = {dag_id: description for dag_id, description in train.items() if dag_id in allowed}
        found = history.segmentations(session, shown)
        watched = drifts.monitors(session, [dag_id for dag_id in watch if dag_id in allowed])
    return HTMLResponse(lists.overview(found, watched))


@tabs.get("/{dag_id}/clusters", dependencies=MAY_READ_RUN)
def runs(dag_id: str) -> HTMLResponse:
    """The history of a DAG."""
    with reading() as session:
        found = told.of_dag(session, dag_id)
    match found:
        case History():
            return HTMLResponse(lists.history(found))
        case DriftHistory():
            return HTMLResponse(drift.history(found))
        case Act():
            return HTMLResponse(acts.newest(found))
        case NoSummary():
            return _message(found)


@tabs.get("/{dag_id}/compare", dependencies=MAY_READ_RUN)
def compare(dag_id: str, left: str = "", right: str = "") -> HTMLResponse:
    """Two versions of a segmentation side by side."""
    if "" in (left, right) or left == right:
        return _message(NoSummary("Choose two runs", CHOOSE, status=400))
    with reading() as session:
        first = history.version(session, dag_id, left)
        second = history.version(session, dag_id, right)
    if isinstance(first, NoSummary):
        return _message(first)
    if isinstance(second, NoSummary):
        return _message(second)
    return HTMLResponse(lists.compare(first, second))


@router.get("/{dag_id}/charts/{name}.{theme}.{kind}", dependencies=MAY_READ_RUN)
def chart(
    dag_id: str,
    name: str,
    theme: Literal["light", "dark"],
    kind: Literal["json", "svg"],
) -> Response:
    """One chart of the history, for a light or a dark page."""
    with reading() as session:
        found = told.of_dag(session, dag_id)
    match found:
        case History():
            made = lists.chart(found, name, theme)
        case DriftHistory():
            made = drift.history_chart(found, name, theme)
        case _:
            made = None
    if made is None:
        raise HTTPException(404, "There is no such chart.")
    if kind == "svg":
        return Response(vega.as_svg(made), media_type="image/svg+xml")
    return Response(vega.as_json(made), media_type="application/json")


router.include_router(tabs)


def _message(reason: NoSummary) -> HTMLResponse:
    return HTMLResponse(pages.message(reason, root="../"), reason.status)
