"""The tab of a DAG that monitors: what a run measured, and the measurements over time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from include.gmm.drift import Drift
from tests.gmm.page.drift_examples import drifted
from tests.gmm.page.parsed import Parsed

TASK = "measure_drift"
DAY = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
Client = Callable[[str | None], TestClient]
MakeRun = Callable[..., str]
Measured = Callable[..., str]


@pytest.fixture
def measured(run: MakeRun, dag_id: str) -> Measured:
    """Puts a run with that measurement into the database, so many days after the first."""

    def make(days: int = 0, drift: Drift | None = None, **fields: Any) -> str:
        value = (drift or drifted()).model_dump(mode="json") | fields
        date = DAY + timedelta(days=days)
        return run("success", {TASK: "success"}, {TASK: value}, dag_id, f"m:{days}+0", date)

    return make


def rows_of(page: str) -> list[str]:
    table = page[page.rindex('<table class="runs">') :]
    return re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", table, re.DOTALL)


def answers(viewer: TestClient, address: str) -> set[str]:
    """The addresses on a page, all of which are relative and answer."""
    answer = viewer.get(address)
    assert answer.status_code == 200
    found = set(Parsed(answer.text).addresses())
    for each in found:
        assert not each.startswith(("/", "http:", "https:", "data:", "javascript:"))
        assert viewer.get(answer.url.join(each)).status_code == 200, each
    return found


def test_the_page_of_a_run_shows_what_it_measured(client: Client, measured: Measured) -> None:
    page = client("viewer").get(f"{measured()}/clusters").text
    assert "Customers by how they buy: drift" in page
    assert "Of 5 measures 1 is over its threshold: Total spend (0.31)" in page


def test_each_address_on_the_pages_is_relative_and_answers(
    client: Client, measured: Measured, dag_id: str
) -> None:
    page, viewer = measured(), client("viewer")
    assert {
        f"charts/drift-{name}.light.{kind}"
        for name in ("segments", "feature-0", "feature-1")
        for kind in ("svg", "png")
    } <= answers(viewer, f"{page}/clusters")
    found = answers(viewer, f"/gmm/{dag_id}/clusters")
    assert {"charts/drift-measures.light.svg", "m%3A0%2B0/clusters"} <= found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_charts_of_the_pages_are_specifications_too(
    client: Client, measured: Measured, dag_id: str, theme: str
) -> None:
    page, viewer = measured(), client("viewer")
    for name in ("drift-segments", "drift-feature-1"):
        made = json.loads(viewer.get(f"{page}/charts/{name}.{theme}.json").text)
        assert made["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    over_time = viewer.get(f"/gmm/{dag_id}/charts/drift-measures.{theme}.json")
    assert "Multiple of the threshold" in over_time.text


def test_there_is_no_other_chart(
    client: Client, run: MakeRun, measured: Measured, dag_id: str
) -> None:
    page, viewer = measured(), client("viewer")
    empty = run("failed", {TASK: "failed"}, {}, f"{dag_id}2", "failed")
    for address in (
        f"{page}/charts/drift-feature-9.light.svg",
        f"{page}/charts/shares.light.png",
        f"/gmm/{dag_id}/charts/shares.light.svg",
        f"{empty}/charts/drift-segments.light.svg",
        f"/gmm/{dag_id}2/charts/drift-measures.light.svg",
    ):
        assert viewer.get(address).status_code == 404, address


def test_the_history_lists_the_runs_the_newest_first(
    client: Client, measured: Measured, dag_id: str
) -> None:
    measured(0, drifted(0.05))
    measured(2)
    measured(1, drifted(0.06))
    rows = rows_of(client("viewer").get(f"/gmm/{dag_id}/clusters").text)
    assert [re.findall(r">(2026-[^<]*)</time>", row)[0][:10] for row in rows] == [
        "2026-11-25", "2026-11-24", "2026-11-23",
    ]  # fmt: skip
    assert [">breach<" in row for row in rows] == [True, False, False]


@pytest.mark.parametrize(
    ("state", "ended", "returned", "note"),
    [
        ("success", "skipped", None, "There was no champion yet"),
        ("failed", "failed", None, "No measurement"),
        ("running", None, None, "No measurement yet"),
        ("success", "success", {"schema_version": 1}, "This measurement cannot be read"),
    ],
)
def test_a_run_without_a_measurement_says_why_and_leads_to_its_page(
    client: Client, run: MakeRun, dag_id: str, state: str, ended: Any, returned: Any, note: str
) -> None:
    run(state, {TASK: ended}, {TASK: returned} if returned else {}, dag_id, "bare")
    answer = client("viewer").get(f"/gmm/{dag_id}/clusters")
    (row,) = rows_of(answer.text)
    assert f">{note}<" in row
    assert 'href="bare/clusters"' in row
    assert client("viewer").get(answer.url.join("bare/clusters")).status_code == 200


def test_older_runs_are_left_out_and_counted(client: Client, run: MakeRun, dag_id: str) -> None:
    for days in range(52):
        run("failed", {TASK: "failed"}, {}, dag_id, f"m{days}", DAY + timedelta(days=days))
    page = client("viewer").get(f"/gmm/{dag_id}/clusters").text
    assert len(rows_of(page)) == 50
    assert "2 older runs left out" in page


def test_a_monitor_without_a_run_is_told_how_to_start_one(
    client: Client, dag: Callable[..., str]
) -> None:
    answer = client("viewer").get(f"/gmm/{dag('fresh_monitor', 'load_data', TASK)}/clusters")
    assert "No run yet" in answer.text
    assert "Each run measures how far the data have drifted" in answer.text


def test_a_run_of_another_dag_is_not_found_under_this_dag(
    client: Client, run: MakeRun, measured: Measured, dag_id: str
) -> None:
    measured()
    run("success", {TASK: "success"}, {TASK: drifted().model_dump(mode="json")}, "o", "of_another")
    for route in ("clusters", "charts/drift-segments.light.svg"):
        assert client("viewer").get(f"/gmm/{dag_id}/of_another/{route}").status_code == 404


def share(value: float) -> dict[str, Any]:
    segments = [drifted(segments=1).segments[0].model_dump() | {"now": value}]
    return {"segments": segments}


def threshold(value: float) -> dict[str, Any]:
    return {"measures": [drifted().measures[0].model_dump() | {"threshold": value}]}


@pytest.mark.parametrize(
    "fields",
    [share(1e308), share(-0.1), threshold(1e-309), threshold(0), {"segments": []},
     {"schema_version": 2}, {"rows_now": "many"}],
)  # fmt: skip
def test_a_damaged_measurement_is_a_message_on_each_page(
    client: Client, measured: Measured, dag_id: str, fields: dict[str, Any]
) -> None:
    page, viewer = measured(**fields), client("viewer")
    for address in (f"{page}/clusters", f"/gmm/{dag_id}/clusters"):
        answer = viewer.get(address)
        assert answer.status_code == 200
        assert "This measurement cannot be read" in answer.text
    for address in (f"{page}/charts/drift-segments", f"/gmm/{dag_id}/charts/drift-measures"):
        assert viewer.get(f"{address}.light.svg").status_code == 404


def test_nothing_of_a_monitor_is_taken_for_a_version(
    client: Client, measured: Measured, dag_id: str
) -> None:
    page, viewer = measured(), client("viewer")
    measured(1)
    assert viewer.get(f"{page}/summary.json").status_code == 404
    compared = viewer.get(f"/gmm/{dag_id}/compare", params={"left": "m:0+0", "right": "m:1+0"})
    assert "This DAG has no task load_model_and_evaluate." in compared.text
