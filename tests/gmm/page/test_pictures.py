"""Pictures, each drawn once in a process of its own."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from include.gmm.errors import InputError
from include.gmm.page import export, pictures
from include.gmm.page.pictures import DrawingError, Order, Pictures
from tests.gmm.page.examples import example

Started = list[list[Order]]
READS_A_REPORT = """
import sys
from include.gmm.page import export
from tests.gmm.page.examples import example
assert "data:image/svg+xml" in export.report(example())
print([name for name in sys.modules if name.startswith("vl_convert")])
"""


def bars(*labels: str) -> Order:
    """A bar for each label."""
    chart = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": [{"label": label} for label in labels]},
        "mark": "bar",
        "encoding": {"y": {"field": "label", "type": "nominal"}},
    }
    return Order("svg", json.dumps(chart))


DEADLY = bars("\x07")  # no chart of ours holds it: vega.made takes it out


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The orders of each process that was started, drawn as one that never fails would."""
    begun: Started = []

    def answers(orders: list[Order], seconds: float) -> list[dict[str, Any]]:
        begun.append(orders)
        return [{"content": "UEs="} for _ in orders]

    monkeypatch.setattr(pictures, "_answers", answers)
    return begun


def test_what_ends_the_process_that_draws_ends_no_other() -> None:
    with pytest.raises(DrawingError, match="cannot be drawn"):
        Pictures().one(DEADLY)


def test_who_has_no_page_but_a_terminal_is_told_in_a_line() -> None:
    assert issubclass(DrawingError, InputError)


def test_one_chart_that_cannot_be_drawn_costs_none_of_the_others() -> None:
    first, deadly, last = Pictures().all([bars("first"), DEADLY, bars("last")])
    assert first is not None
    assert b"first" in first
    assert deadly is None
    assert last is not None
    assert b"last" in last


def test_a_chart_that_makes_no_sense_is_none_and_the_log_says_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    nonsense = Order("svg", '{"mark": "no such mark"}')
    found = Pictures().all([nonsense, bars("sense")])
    assert found[0] is None
    assert found[1] is not None
    assert "A chart cannot be drawn" in caplog.text


def test_where_nothing_is_installed_that_draws_the_log_says_what_is_lacking(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    lacking = 'raise ModuleNotFoundError("No module named vl_convert")'
    (tmp_path / "vl_convert.py").write_text(lacking)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert Pictures().all([bars("a"), Order("script")]) == [None, None]
    assert caplog.text.count("vl-convert-python is not installed") == 2


def test_a_process_that_takes_too_long_is_ended_and_what_it_drew_is_kept(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def endless(*_: object, **options: Any) -> Any:
        raise subprocess.TimeoutExpired("drawing", options["timeout"], b'{"content": "UEs="}\n{"c')

    monkeypatch.setattr(subprocess, "run", endless)
    monkeypatch.setattr(pictures, "SECONDS", 0.5)
    first, second = Pictures().all([bars("quick"), bars("endless")])
    assert (first, second) == (b"PK", None)
    assert "took longer" in caplog.text


def test_a_machine_that_starts_no_more_processes_draws_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "run", refused)
    assert Pictures().all([bars("a")]) == [None]
    assert "Resource temporarily unavailable" in caplog.text


def test_a_chart_that_many_ask_for_at_once_is_drawn_once(started: Started) -> None:
    drawn = Pictures()
    with ThreadPoolExecutor(20) as readers:
        found = list(readers.map(lambda _: drawn.one(bars("wanted")), range(20)))
    assert set(found) == {b"PK"}
    assert len(started) == 1


def test_charts_that_are_alike_are_one_picture(started: Started) -> None:
    assert Pictures().all([bars("a"), bars("b"), bars("a")]) == [b"PK"] * 3
    assert started == [[bars("a"), bars("b")]]


def test_the_pictures_that_were_asked_for_last_are_kept(started: Started) -> None:
    drawn = Pictures(most=4)  # two pictures
    for label in ("a", "b", "a", "c", "a", "b"):
        drawn.one(bars(label))
    assert [orders[0] for orders in started] == [bars(each) for each in ("a", "b", "c", "b")]


def test_a_chart_and_its_png_are_two_pictures(started: Started) -> None:
    drawn, chart = Pictures(), bars("a").chart
    drawn.all([Order("svg", chart), Order("png", chart)])
    assert started == [[Order("svg", chart), Order("png", chart)]]


def test_who_would_wait_too_long_is_told_to_come_again(
    monkeypatch: pytest.MonkeyPatch, started: Started
) -> None:
    monkeypatch.setattr(pictures, "PATIENCE", 0.01)
    drawn = Pictures()
    with drawn._drawing, pytest.raises(DrawingError, match="Try again in a minute"):
        drawn.one(bars("a"))


def test_what_draws_is_never_loaded_beside_what_serves() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", READS_A_REPORT], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_a_report_says_where_a_chart_could_not_be_drawn(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(orders: list[Order], seconds: float) -> list[dict[str, Any]]:
        return [{"error": "no"} if "heat map" in each.chart else {"content": ""} for each in orders]

    monkeypatch.setattr(pictures, "_answers", failing)
    monkeypatch.setattr(pictures.pictures, "_kept", type(pictures.pictures._kept)())
    page = export.report(example())
    assert page.count("This chart could not be drawn.") == 4  # confusion, profiles, both themes
    assert caplog.records[0].levelno == logging.WARNING


@pytest.mark.parametrize(
    ("kind", "part"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("script", b"window.vegaEmbed=")]
)
def test_each_kind_comes_as_what_it_is(kind: Any, part: bytes) -> None:
    assert part in Pictures().one(Order(kind, bars("a").chart))
