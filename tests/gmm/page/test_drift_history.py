"""The page of drift over time and its chart: true to what each run measured."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from include.gmm.page import drift_pages, vega
from include.gmm.page.charts import THEMES, ThemeName
from tests.gmm.page.drift_examples import SVG, drawn_over_time, over_time, texts

pytestmark = pytest.mark.usefixtures("drawn_here")


def test_the_history_lists_the_runs_and_marks_breaches() -> None:
    page = drift_pages.history(over_time(0.1, 0.31, 0.25))
    runs = page[page.index("The newest first.") :]
    assert "3 of the 4 runs" in page
    assert runs.count("state-failed") == 3, "two breaches, and the run that failed"
    assert runs.index("2026-11-03 04:30") < runs.index("2026-11-02 04:30")
    assert 'href="scheduled__1%2F%3Cx%3E/clusters"' in page
    assert "No champion" in runs
    assert "3 older runs" in page


def test_the_values_of_the_history_stand_in_a_table() -> None:
    page = drift_pages.history(over_time(0.1, 0.31))
    table = page[page.index("Values of each run") : page.index("</details>")]
    assert "0.310 <small>breach, threshold 0.2</small>" in table
    assert "0.100 <small>no breach, threshold 0.2</small>" in table


@pytest.mark.parametrize(
    ("psi", "said"),
    [((), "one run on this page left no measurement"), ((0.1,), "1 of the 2 runs")],
)
def test_the_history_counts_its_measurements(psi: tuple[float, ...], said: str) -> None:
    assert said in " ".join(drift_pages.history(over_time(*psi)).split())


def test_a_history_without_measurements_has_no_chart() -> None:
    nothing = over_time()
    page = drift_pages.history(nothing)
    assert "there is no chart yet" in page
    assert "<figure" not in page
    assert drift_pages.history_chart(nothing, "drift-measures", "light") is None


def test_a_measure_that_only_some_runs_have_is_left_out_of_the_others() -> None:
    both = over_time(0.1, 0.2)
    newest, oldest, failed = both.runs
    assert isinstance(newest, drift_pages.Monitored)
    fewer = newest.drift.model_copy(update={"measures": newest.drift.measures[1:]})
    last = drift_pages.Monitored(run_id="x", date=newest.date, state="success", drift=fewer)
    page = drift_pages.history(
        drift_pages.DriftHistory("customers_monitor", [last, oldest, failed], 0)
    )
    assert page.count("not measured") == 1


def test_features_with_the_same_label_have_lines_of_their_own() -> None:
    titles = over_time(0.1, label="Orders").measures
    assert list(titles.values())[:2] == ["Orders (spend)", "Orders (orders)"]
    assert {"Orders (spend)", "Orders (orders)"} <= set(texts(drawn_over_time(0.1, label="Orders")))


@pytest.mark.parametrize("theme", ("light", "dark"))
@pytest.mark.parametrize("runs", [1, 50])
def test_the_chart_over_time_is_drawn_for_one_and_for_fifty_runs(
    runs: int, theme: ThemeName
) -> None:
    root = ElementTree.fromstring(drawn_over_time(*[0.3] * runs, theme=theme))  # noqa: S314
    assert float(root.attrib["width"]) < 480, "a phone shows it whole"


def test_the_lines_over_time_are_multiples_of_the_threshold() -> None:
    made = drift_pages.history_chart(over_time(0.1, 0.3), "drift-measures", "light")
    assert made is not None
    (rows,) = made["datasets"].values()
    spend = [row for row in rows if row["measure"] == "Total spend"]
    assert [row["multiple"] for row in spend] == pytest.approx([0.5, 1.5])
    assert [row["verdict"] for row in spend] == ["no breach", "breach"]
    assert [row["place"] for row in spend] == [0, 1]
    assert {"2026-11-01", "2026-11-02"} <= set(texts(drawn_over_time(0.1, 0.3)))


def test_the_threshold_is_one_line_in_each_panel() -> None:
    assert drawn_over_time(0.1, 0.3, 0.2).count('stroke-dasharray="4,3"') == 5


def test_lines_break_where_another_champion_took_over() -> None:
    found = over_time(0.1, 0.3, 0.2, 0.25)
    *newest, oldest, failed = found.runs
    assert isinstance(oldest, drift_pages.Monitored)
    before = replace(oldest, drift=oldest.drift.model_copy(update={"version": "before"}))
    made = drift_pages.history_chart(
        replace(found, runs=[*newest, before, failed]), "drift-measures", "light"
    )
    assert made is not None
    lines = [
        path.attrib["d"].count("L")
        for path in ElementTree.fromstring(vega.as_svg(made)).iter(f"{SVG}path")  # noqa: S314
        if path.attrib.get("aria-roledescription") == "line mark"
    ]
    assert sorted(lines) == [0] * 5 + [2] * 5, "two lines in each panel: of one run, and of three"


def test_triangles_are_the_breaches() -> None:
    triangles = [
        drawn_over_time(*psi).count(f'fill="{THEMES["light"].above}"')
        for psi in ((0.1, 0.1, 0.1), (0.1, 0.3, 0.4))
    ]
    assert triangles[1] - triangles[0] == 2
