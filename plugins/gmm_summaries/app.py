"""The routes of the tab. Nothing here answers without a login."""

from __future__ import annotations

import gc
from typing import Literal

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import HTMLResponse, Response

from include.gmm.drift import Drift
from include.gmm.page import actions, comparison, drift_pages, history, pages, static_files, vega
from include.gmm.page.actions import Action
from include.gmm.page.drift_pages import DriftHistory
from include.gmm.page.export import report, sample_csv, segments_csv
from include.gmm.page.history import History
from include.gmm.page.reason import NoSummary
from include.gmm.summary import Summary
from plugins.gmm_summaries import findings
from plugins.gmm_summaries.access import LOGGED_IN, MAY_READ_RUN, SafeHeaders, readable
from plugins.gmm_summaries.answers import File, Page, not_found
from plugins.gmm_summaries.dags import MONITORING, TRAINING, dags_of
from plugins.gmm_summaries.promotions import champions, standings
from plugins.gmm_summaries.runs import Found, find, reading

CHOOSE = "Two different runs can be compared. Go back to the history of the DAG to choose them."

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
app.router.route_class = File
app.add_middleware(SafeHeaders)
tab = APIRouter(route_class=Page)
_loaded: set[str] = set()


@app.get("/static/{digest}/{name}", dependencies=LOGGED_IN)
def static(digest: str, name: str) -> Response:
    """A stylesheet or script: its address changes with its content, so a browser may keep it."""
    if name not in static_files.MEDIA_TYPES or digest != static_files.digest(name):
        raise HTTPException(404, "There is no such file.")
    return Response(
        static_files.content(name),
        media_type=static_files.MEDIA_TYPES[name],
        headers={"Cache-Control": "private, max-age=31536000, immutable"},
    )


@tab.get("/{dag_id}/{run_id}/clusters", dependencies=MAY_READ_RUN)
def clusters(dag_id: str, run_id: str) -> HTMLResponse:
    """The page in the tab."""
    with reading() as session:
        left = findings.of_run(session, dag_id, run_id)
        present = champions(session, [dag_id]) if isinstance(left, Found) else {}
        found = {(dag_id, run_id): left} if isinstance(left, Found) else {}
        stands = standings(session, found, present)
    match left:
        case Found():
            page = pages.clusters(left.summary, stands[dag_id, run_id], present[dag_id])
            stays_loaded("pages")
            return HTMLResponse(page)
        case Drift():
            return HTMLResponse(drift_pages.run(left))
        case Action():
            return HTMLResponse(actions.run(left), left.status)
        case NoSummary():
            return HTMLResponse(pages.message(left), left.status)


@app.get("/{dag_id}/{run_id}/summary.json", dependencies=MAY_READ_RUN)
def summary(dag_id: str, run_id: str) -> Response:
    """The summary itself."""
    content = _summary(dag_id, run_id).model_dump_json(indent=2)
    return Response(content, media_type="application/json")


@app.get("/{dag_id}/{run_id}/segments.csv", dependencies=MAY_READ_RUN)
def segments(dag_id: str, run_id: str) -> Response:
    """The segments as a table."""
    return Response(segments_csv(_summary(dag_id, run_id)), media_type="text/csv")


@app.get("/{dag_id}/{run_id}/sample.csv", dependencies=MAY_READ_RUN)
def sample(dag_id: str, run_id: str) -> Response:
    """The rows of the map."""
    return Response(sample_csv(_summary(dag_id, run_id)), media_type="text/csv")


@app.get("/{dag_id}/{run_id}/report.html", dependencies=MAY_READ_RUN)
def whole_page(dag_id: str, run_id: str) -> Response:
    """The page as one file: to keep, not to open here, where its inline styles are forbidden."""
    return Response(
        report(_summary(dag_id, run_id)),
        media_type="text/html",
        headers={"Content-Disposition": "attachment"},
    )


@app.get("/{dag_id}/{run_id}/charts/{name}.{theme}.{kind}", dependencies=MAY_READ_RUN)
def chart_of_run(
    dag_id: str,
    run_id: str,
    name: str,
    theme: Literal["light", "dark"],
    kind: Literal["json", "svg", "png"],
) -> Response:
    """One chart, for a light or a dark page."""
    with reading() as session:
        left = findings.of_run(session, dag_id, run_id)
    match left:
        case Found():
            made = vega.specification(left.summary, name, theme)
        case Drift():
            made = drift_pages.chart(left, name, theme)
        case Action():
            made = None
        case NoSummary():
            raise not_found(left)
    if made is None:
        raise HTTPException(404, "There is no such chart.")
    stays_loaded("charts")
    if kind == "png":
        return Response(vega.as_png(made, theme), media_type="image/png")
    if kind == "svg":
        return Response(vega.as_svg(made), media_type="image/svg+xml")
    return Response(vega.as_json(made), media_type="application/json")


@tab.get("/segmentations", dependencies=LOGGED_IN)
def segmentations(user: GetUserDep) -> HTMLResponse:
    """All segmentations that this user may read."""
    with reading() as session:
        train, watch = dags_of(session, TRAINING), dags_of(session, MONITORING)
        allowed = readable(session, {*train, *watch}, user)
        shown = {dag_id: description for dag_id, description in train.items() if dag_id in allowed}
        found = findings.segmentations(session, shown)
        watched = findings.monitors(session, [dag_id for dag_id in watch if dag_id in allowed])
    return HTMLResponse(history.overview(found, watched))


@tab.get("/{dag_id}/clusters", dependencies=MAY_READ_RUN)
def clusters_over_time(dag_id: str) -> HTMLResponse:
    """The history of a DAG."""
    with reading() as session:
        found = findings.of_dag(session, dag_id)
    match found:
        case History():
            return HTMLResponse(history.history(found))
        case DriftHistory():
            return HTMLResponse(drift_pages.history(found))
        case Action():
            return HTMLResponse(actions.newest(found))
        case NoSummary():
            return _message(found)


@tab.get("/{dag_id}/compare", dependencies=MAY_READ_RUN)
def compare(dag_id: str, left: str = "", right: str = "") -> HTMLResponse:
    """Two versions of a segmentation side by side."""
    if "" in (left, right) or left == right:
        return _message(NoSummary("Choose two runs", CHOOSE, status=400))
    with reading() as session:
        first = findings.version(session, dag_id, left)
        second = findings.version(session, dag_id, right)
    if isinstance(first, NoSummary):
        return _message(first)
    if isinstance(second, NoSummary):
        return _message(second)
    return HTMLResponse(comparison.page(first, second))


@app.get("/{dag_id}/charts/{name}.{theme}.{kind}", dependencies=MAY_READ_RUN)
def chart_over_time(
    dag_id: str,
    name: str,
    theme: Literal["light", "dark"],
    kind: Literal["json", "svg"],
) -> Response:
    """One chart of the history, for a light or a dark page."""
    with reading() as session:
        found = findings.of_dag(session, dag_id)
    match found:
        case History():
            made = history.chart(found, name, theme)
        case DriftHistory():
            made = drift_pages.history_chart(found, name, theme)
        case _:
            made = None
    if made is None:
        raise HTTPException(404, "There is no such chart.")
    if kind == "svg":
        return Response(vega.as_svg(made), media_type="image/svg+xml")
    return Response(vega.as_json(made), media_type="application/json")


app.include_router(tab)


@app.get("/{_:path}", dependencies=LOGGED_IN)
def nothing() -> Response:
    """Even that an address does not exist is told only to those who are logged in."""
    raise HTTPException(404, "There is no such page.")


def _summary(dag_id: str, run_id: str) -> Summary:
    with reading() as session:
        found = find(session, dag_id, run_id)
    if isinstance(found, NoSummary):
        raise not_found(found)
    return found.summary


def _message(reason: NoSummary) -> HTMLResponse:
    return HTMLResponse(pages.message(reason, root="../"), reason.status)


def stays_loaded(part: str) -> None:
    """Say it after a part of the tab has answered: all that is loaded by then is there to stay.

    Otherwise Python's collector looks at all of Airflow's modules again and again. That takes most
    of a second, in which nobody is answered, and twenty readers bring it about every two seconds.
    """
    if part not in _loaded:
        _loaded.add(part)
        gc.freeze()
