"""The list of all segmentations."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from markupsafe import escape

from include.gmm.page import history
from include.gmm.page.drift_pages import Monitor
from include.gmm.page.history import Run, Segmentation
from tests.gmm.page.drift_examples import drifted
from tests.gmm.page.examples import HOSTILE, example

TASK, MONITOR = "load_model_and_evaluate", "measure_drift"
DAY = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
Client = Callable[[str | None], TestClient]
MakeRun = Callable[..., str]
MakeDag = Callable[..., str]


@pytest.fixture
def trained(run: MakeRun) -> Callable[..., str]:
    """Puts a run with a summary into the database, so many days after the first."""

    def make(dag_id: str, days: int = 0, segments: int = 5, title: str = "") -> str:
        summary = example(segments).model_copy(update={"title": title})
        value = summary.model_dump(mode="json")
        date = DAY + timedelta(days=days)
        return run("success", {TASK: "success"}, {TASK: value}, dag_id, None, date)

    return make


def rows_of(client: Client) -> dict[str, str]:
    """The rows of the overview by the ids of their DAGs."""
    page = client("viewer").get("/gmm/segmentations").text
    rows = re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", page, re.DOTALL)
    return {re.findall(r'<small class="id">([^<]*)</small>', row)[0]: row for row in rows}


def test_before_there_is_any_the_page_says_so(client: Client) -> None:
    answer = client("viewer").get("/gmm/segmentations")
    assert answer.status_code == 200
    assert "No segmentation yet" in answer.text


def test_a_row_tells_of_the_latest_run_and_the_newest_version(
    client: Client, dag: MakeDag, trained: Callable[..., str]
) -> None:
    dag_id = dag("told_train", TASK, description="From the file")
    trained(dag_id, days=1, segments=4, title="From the summary")
    trained(dag_id, days=0, segments=6)
    row = rows_of(client)[dag_id]
    for said in ("From the summary", "succeeded", "2026-11-24 20:30", "<td>4</td>", "93.2 %",
                 example().version):  # fmt: skip
        assert said in row
    assert "earlier run" not in row


def test_a_failed_run_does_not_hide_the_version_before_it(
    client: Client, dag: MakeDag, trained: Callable[..., str], run: MakeRun
) -> None:
    dag_id = dag("failing_train", TASK)
    trained(dag_id)
    run("failed", {TASK: "failed"}, {}, dag_id, None, DAY + timedelta(days=1))
    row = rows_of(client)[dag_id]
    assert "failed" in row
    assert "2026-11-24 20:30" in row
    assert "<td>5</td>" in row
    assert re.search(r"of an earlier run, <a [^>]*>2026-11-23 20:30<", row)


def test_a_version_that_cannot_be_read_is_said_to_be_one(
    client: Client, dag: MakeDag, run: MakeRun
) -> None:
    dag_id = dag("unreadable_train", TASK)
    run("success", {TASK: "success"}, {TASK: {"schema_version": 1}}, dag_id)
    assert "This summary cannot be read" in rows_of(client)[dag_id]


def test_a_dag_that_never_ran_is_there_by_its_description(client: Client, dag: MakeDag) -> None:
    dag_id = dag("fresh_train", "load_data", TASK, description="Shops by size")
    row = rows_of(client)[dag_id]
    assert "Shops by size" in row
    assert "No run yet" in row
    assert "No version yet" in row


def test_a_dag_of_another_name_is_there_once_it_has_run(
    client: Client, dag: MakeDag, trained: Callable[..., str]
) -> None:
    dag_id = dag("by_another_name", TASK)
    assert dag_id not in rows_of(client)
    trained(dag_id)
    assert dag_id in rows_of(client)


def test_dags_that_train_nothing_or_are_gone_are_not_there(
    client: Client, dag: MakeDag, trained: Callable[..., str], run: MakeRun
) -> None:
    absent = [dag("train_of_thought_train", "think"), dag("gone_train", TASK, stale=True)]
    run("success", {"think": "success"}, {}, absent[0])
    trained(absent[1])
    present = dag("present_train", TASK)
    assert list(rows_of(client)) == [present]


def watched(run: MakeRun, days: int, psi: float) -> None:
    value = drifted(psi).model_dump(mode="json")
    date = DAY + timedelta(days=days)
    run_id = f"measured_{days}"
    run("success", {MONITOR: "success"}, {MONITOR: value}, "watched_monitor", run_id, date)


def drift_of(client: Client, dag_id: str) -> str:
    return re.sub(r"\s+", " ", rows_of(client)[dag_id].rpartition("<td")[2])


def test_the_newest_measurement_says_whether_it_is_a_breach_and_of_when(
    client: Client, dag: MakeDag, run: MakeRun
) -> None:
    dag_id = dag("watched_train", TASK)
    dag("watched_monitor", MONITOR)
    watched(run, 0, psi=0.31)
    assert ">breach</a>" in drift_of(client, dag_id)
    assert "state-failed" in drift_of(client, dag_id)
    watched(run, 1, psi=0.01)
    run("failed", {MONITOR: "failed"}, {}, "watched_monitor", None, DAY + timedelta(days=2))
    cell = drift_of(client, dag_id)
    assert '<a href="watched_monitor/clusters">no breach</a>' in cell
    assert '<a href="watched_monitor/measured_1/clusters">2026-11-24 20:30</a>' in cell
    assert "state-failed" not in cell


def test_a_monitor_that_measured_nothing_is_linked_and_one_that_is_not_there_is_not(
    client: Client, dag: MakeDag
) -> None:
    alone, unmeasured = dag("alone_train", TASK), dag("unmeasured_train", TASK)
    dag("unmeasured_monitor", MONITOR)
    dag("alone_monitor", "look_at_a_screen")
    linked = '<a href="unmeasured_monitor/clusters">Not measured yet</a>'
    assert linked in drift_of(client, unmeasured)
    assert "href" not in drift_of(client, alone)


def test_a_measurement_that_cannot_be_read_is_said_to_be_one(
    client: Client, dag: MakeDag, run: MakeRun
) -> None:
    dag_id = dag("damaged_train", TASK)
    dag("damaged_monitor", MONITOR)
    run("success", {MONITOR: "success"}, {MONITOR: {"schema_version": 1}}, "damaged_monitor")
    assert "This measurement cannot be read" in drift_of(client, dag_id)


def test_each_address_is_relative_and_answers(
    client: Client, dag: MakeDag, trained: Callable[..., str], run: MakeRun
) -> None:
    dag_id = dag("linked_train", TASK)
    trained(dag_id)
    run("failed", {TASK: "failed"}, {}, dag_id, "manual__1+00:00", DAY + timedelta(days=1))
    viewer = client("viewer")
    answer = viewer.get("/gmm/segmentations")
    found = re.findall(r'(?:href|src)="([^"]*)"', answer.text)
    assert {"linked_train/clusters", "linked_train/manual__1%2B00%3A00/clusters"} <= set(found)
    for address in found:
        assert not address.startswith(("/", "http:", "https:", "data:", "javascript:"))
        assert viewer.get(answer.url.join(address)).status_code == 200, address


def test_names_from_outside_are_text_and_no_address() -> None:
    run = Run(run_id=HOSTILE, date=DAY, state=HOSTILE, note=HOSTILE)
    page = history.overview(
        [Segmentation(HOSTILE, HOSTILE, run, run)], {HOSTILE: Monitor(HOSTILE, run)}
    )
    assert "<script>alert" not in page
    assert str(escape("<script>alert(1)</script>")) in page
    for address in re.findall(r'href="([^"]*)"', page):
        assert not re.search(r"[<>'\"&{}]", address)
