"""One XCom that cannot be shown takes nothing else away, and no answer is a server error."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from airflow.utils.session import create_session
from fastapi.testclient import TestClient
from sqlalchemy import text

from include.gmm.page import pages, vega
from include.gmm.page.pictures import DrawingError
from include.gmm.summary import Caution
from tests.gmm.page.drift_examples import drifted
from tests.gmm.page.examples import after_a_champion, example
from tests.gmm.page.promotions import promoted

TASK = "load_model_and_evaluate"
MONITOR = "measure_drift"
Client = Callable[[str | None], TestClient]
Run = Callable[..., str]


def stored(page: str, value: str) -> None:
    """Let what the run of this page left be that very text, whether it is JSON or not."""
    run_id = page.rpartition("/")[2]
    with create_session() as session:
        changed = session.execute(
            text("UPDATE xcom SET value = :value WHERE run_id = :run"),
            {"value": value, "run": run_id},
        )
        assert changed.rowcount == 1  # type: ignore[attr-defined]


def whole() -> str:
    return json.dumps(example().model_dump(mode="json"))


BROKEN = {
    "nested too deep": "[" * 100_000 + "]" * 100_000,
    "a part nested too deep": whole().replace(
        '"title"', f'"more": {"[" * 9_000}{"]" * 9_000}, "title"'
    ),
    "too many digits": whole().replace('"rows": 23570', f'"rows": {"9" * 5_000}', 1),
    "half a character": whole().replace("Customers by", "\\ud800", 1),
    "no number": whole().replace("0.9318", "NaN"),
    "beyond all numbers": whole().replace("0.9318", "1e999"),
    "cut off": whole()[:5_000],
    "nothing": "",
    "a number": "7",
    "parts that do not fit": whole().replace('"axes": [', '"axes": [[1.0, 2.0], ', 1),
}


@pytest.mark.parametrize("value", BROKEN.values(), ids=BROKEN)
def test_a_summary_that_cannot_be_read_is_said_to_be_one_and_no_other_page_is_lost(
    client: Client, run: Run, dag_id: str, value: str
) -> None:
    left = {TASK: example().model_dump(mode="json")}
    good = run("success", {TASK: "success"}, left, dag_id)
    bad = run("success", {TASK: "success"}, left, dag_id)
    stored(bad, value)
    viewer = client("viewer")
    answer = viewer.get(f"{bad}/clusters")
    assert answer.status_code == 200
    assert "This summary cannot be read" in answer.text
    history = viewer.get(f"/gmm/{dag_id}/clusters")
    assert history.status_code == 200
    assert good.rpartition("/")[2] in history.text
    assert "This summary cannot be read" in history.text
    assert viewer.get(f"{good}/clusters").status_code == 200
    for file in ("summary.json", "sample.csv", "report.html", "charts/map.light.svg"):
        assert viewer.get(f"{bad}/{file}").status_code == 404


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (BROKEN["parts that do not fit"], "mixture.axes: of shape (5, 2), not (4, 2)"),
        (BROKEN["half a character"], "Invalid JSON"),
        (BROKEN["nested too deep"], "recursion limit exceeded"),
        (BROKEN["no number"], "mean_largest_probability: Input should be a finite number"),
    ],
)
def test_the_page_says_what_is_wrong(client: Client, run: Run, value: str, told: str) -> None:
    page = run("success", {TASK: "success"}, {TASK: {}})
    stored(page, value)
    assert told in client("viewer").get(f"{page}/clusters").text


def test_a_sentence_is_shown_as_it_was_stored_whatever_the_ids_are_now(
    client: Client, run: Run, dag_id: str
) -> None:
    warned = example().model_copy(update={"warnings": [Caution(sentence="Segment 1 is small.")]})
    decided = promoted(example(), succession=after_a_champion())
    left = {
        TASK: warned.model_dump(mode="json"),
        "promote_model": decided.model_dump(mode="json"),
    }
    page = run("success", dict.fromkeys(left, "success"), left, dag_id)
    assert "Segment 1 is small." in client("viewer").get(f"{page}/clusters").text


def test_a_measurement_of_equal_segments_cannot_be_read(client: Client, run: Run) -> None:
    value = drifted().model_dump(mode="json")
    value["segments"][1]["number"] = value["segments"][0]["number"]
    page = run("success", {MONITOR: "success"}, {MONITOR: value}, dag_id="numbers_monitor")
    answer = client("viewer").get(f"{page}/clusters")
    assert "two segments have the same number" in answer.text


@pytest.mark.parametrize("character", ["\x07", "\x00", "\ufffe", "\x1b[31m"])
def test_a_label_that_no_picture_can_hold_is_drawn_without_it(
    client: Client, run: Run, character: str
) -> None:
    summary = example(label=f"Or{character}der")
    page = run("success", {TASK: "success"}, {TASK: summary.model_dump(mode="json")})
    viewer = client("viewer")
    for kind in ("svg", "png"):
        assert viewer.get(f"{page}/charts/profiles.light.{kind}").status_code == 200
    assert "\N{REPLACEMENT CHARACTER}" in viewer.get(f"{page}/charts/profiles.light.svg").text


@pytest.fixture
def page(run: Run) -> str:
    """The address of the pages of a run that left a summary."""
    return run("success", {TASK: "success"}, {TASK: example().model_dump(mode="json")})


def test_a_chart_that_cannot_be_drawn_is_a_sentence_and_the_server_lives(
    client: Client, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> str:
        raise DrawingError("This chart cannot be drawn. The log says more.")

    viewer = client("viewer")
    with monkeypatch.context() as patch:
        patch.setattr(vega, "as_svg", fails)
        answer = viewer.get(f"{page}/charts/bic.light.svg")
        assert answer.status_code == 503
        assert "This chart cannot be drawn." in answer.json()["detail"]
    assert viewer.get(f"{page}/charts/bic.light.svg").status_code == 200


def test_a_fault_of_the_tab_is_a_page_and_its_traceback_is_in_the_log(
    client: Client, page: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pages, "clusters", lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR):
        answer = client("viewer").get(f"{page}/clusters")
    assert answer.status_code == 200
    assert "This cannot be shown" in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_a_fault_of_the_tab_in_a_file_is_no_server_error(
    client: Client, page: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(vega, "specification", lambda *_: 1 / 0)
    answer = client("viewer").get(f"{page}/charts/bic.light.json")
    assert answer.status_code == 404
    assert "This cannot be shown" in answer.json()["detail"]
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    "address",
    ["%00/clusters", "some_train/%00/clusters", "some_train/some_run%00/charts/bic.light.svg",
     "some_train/compare?left=%00&right=b"],
)  # fmt: skip
def test_an_address_that_no_database_can_hold_is_looked_up_in_none(
    client: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ValueError("A string literal cannot contain NUL (0x00) characters.")

    viewer = client("viewer")
    monkeypatch.setattr("sqlalchemy.orm.Session.execute", fails)
    assert viewer.get(f"/gmm/{address}").status_code == 404
