"""The routes of the tab. Nothing here answers without a login."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.responses import HTMLResponse, Response

from include.gmm.monitoring.drift import Drift
from include.gmm.page import acts, assets, drift, pages, vega
from include.gmm.page.acts import Act
from include.gmm.page.export import report, sample_csv, segments_csv
from include.gmm.page.reason import NoSummary
from include.gmm.summary import Summary
from plugins.gmm_summaries import lists, loaded, told
from plugins.gmm_summaries.access import LOGGED_IN, MAY_READ_RUN, SafeHeaders
from plugins.gmm_summaries.answers import File, Page, not_found
from plugins.gmm_summaries.promotions import champions, standings
from plugins.gmm_summaries.runs import Found, find, reading

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
app.router.route_class = File
app.add_middleware(SafeHeaders)
tab = APIRouter(route_class=Page)


@app.get("/static/{digest}/{name}", dependencies=LOGGED_IN)
def static(digest: str, name: str) -> Response:
    """A stylesheet or script: its address changes with its content, so a browser may keep it."""
    if name not in assets.MEDIA_TYPES or digest != assets.digest(name):
        raise HTTPException(404, "There is no such file.")
    return Response(
        assets.content(name),
        media_type=assets.MEDIA_TYPES[name],
        headers={"Cache-Control": "private, max-age=31536000, immutable"},
    )


@tab.get("/{dag_id}/{run_id}/clusters", dependencies=MAY_READ_RUN)
def clusters(dag_id: str, run_id: str) -> HTMLResponse:
    """The page in the tab."""
    with reading() as session:
        left = told.of_run(session, dag_id, run_id)
        present = champions(session, [dag_id]) if isinstance(left, Found) else {}
        found = {(dag_id, run_id): left} if isinstance(left, Found) else {}
        stands = standings(session, found, present)
    match left:
        case Found():
            page = pages.clusters(left.summary, stands[dag_id, run_id], present[dag_id])
            loaded.stays("pages")
            return HTMLResponse(page)
        case Drift():
            return HTMLResponse(drift.run(left))
        case Act():
            return HTMLResponse(acts.run(left), left.status)
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
def chart(
    dag_id: str,
    run_id: str,
    name: str,
    theme: Literal["light", "dark"],
    kind: Literal["json", "svg", "png"],
) -> Response:
    """One chart, for a light or a dark page."""
    with reading() as session:
        left = told.of_run(session, dag_id, run_id)
    match left:
        case Found():
            made = vega.specification(left.summary, name, theme)
        case Drift():
            made = drift.chart(left, name, theme)
        case Act():
            made = None
        case NoSummary():
            raise not_found(left)
    if made is None:
        raise HTTPException(404, "There is no such chart.")
    loaded.stays("charts")
    if kind == "png":
        return Response(vega.as_png(made, theme), media_type="image/png")
    if kind == "svg":
        return Response(vega.as_svg(made), media_type="image/svg+xml")
    return Response(vega.as_json(made), media_type="application/json")


app.include_router(tab)
app.include_router(lists.router)


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
