"""The page of a measurement of drift and its charts: true to it, complete, and safe."""

from __future__ import annotations

from html import escape
from xml.etree import ElementTree

import pytest

from include.gmm.drift import FeatureDrift
from include.gmm.page import drift_pages, vega
from include.gmm.page.charts import THEMES, ThemeName
from tests.gmm.page.drift_examples import SVG, drawn_over_time, drifted, over_time, texts
from tests.gmm.page.examples import HOSTILE
from tests.gmm.page.parsed import Parsed

pytestmark = pytest.mark.usefixtures("drawn_here")

THEME_NAMES: tuple[ThemeName, ...] = ("light", "dark")
CHARTS = ("drift-segments", "drift-feature-0", "drift-feature-1")


def drawn(name: str, theme: ThemeName = "light", segments: int = 5, label: str = "Spend") -> str:
    made = drift_pages.chart(drifted(segments=segments, label=label), name, theme)
    assert made is not None
    return vega.as_svg(made)


def feature(*edges: float, label: str = "Spend", unit: str = "dollars") -> FeatureDrift:
    return (
        drifted()
        .features[0]
        .model_copy(update={"edges": list(edges), "label": label, "unit": unit})
    )


def test_the_page_of_a_breach_says_so_first_and_then_why() -> None:
    page = drift_pages.run(drifted())
    said = [
        "25,118 rows of now", "2026-11-24 04:31", "23,570 rows", "20261101T203000Z-1a2b3c4d",
        "Mind this.", "1 is over its threshold: Total spend (0.31)", "What was measured?",
        "population stability index", "0.310", "breach", "\N{MINUS SIGN}0.0712", "no breach",
        "How large is each segment", "What values do the features have",
    ]  # fmt: skip
    places = [page.index(text) for text in said]
    assert places[4] < places[5] < places[6] < places[8] < places[12] < places[13]


def test_only_measures_that_are_a_breach_are_marked() -> None:
    assert drift_pages.run(drifted()).count("state-failed") == 1
    calm = drift_pages.run(drifted(psi=0.05))
    assert "state-failed" not in calm
    assert "Mind this" not in calm
    assert "No drift: none of the 5 measures is a breach." in calm


def test_each_chart_of_a_run_has_its_numbers_and_can_be_taken_away() -> None:
    page = drift_pages.run(drifted())
    shown = [a["data-chart"] for tag, a in Parsed(page).tags if tag == "figure"]
    assert shown == list(CHARTS)
    assert page.count("<details>") == len(CHARTS)
    assert 'download="customers-drift-segments.png"' in page
    for name in CHARTS:
        assert f'href="charts/{name}.light.svg"' in page


def test_each_bin_and_each_segment_has_then_and_now() -> None:
    page = drift_pages.run(drifted())
    for bin_, then, now in (("up to 12.5", "16.7 %", "4.8 %"), ("over 4", "25.0 %", "40.0 %")):
        row = page[page.index(f">{bin_}<") :]
        assert [cell in row[:120] for cell in (then, now)] == [True, True]
    segments = page[page.index("Shares of the segments") : page.index("</details>")]
    assert [f"</span>{number}" in segments for number in (3, 5, 7, 9, 11)] == [True] * 5
    assert "Regulars" in segments


def test_bins_are_called_by_their_edges() -> None:
    assert drift_pages.bins(feature(1, 2, 1000.5)) == [
        "up to 1", "over 1 to 2", "over 2 to 1,000", "over 1,000"
    ]  # fmt: skip
    assert drift_pages.bins(feature(-2.5)) == [
        "up to \N{MINUS SIGN}2.50",
        "over \N{MINUS SIGN}2.50",
    ]


def test_bins_that_are_close_together_are_not_called_alike() -> None:
    assert drift_pages.bins(feature(1000.25, 1000.5)) == [
        "up to 1,000.25", "over 1,000.25 to 1,000.5", "over 1,000.5"
    ]  # fmt: skip


def test_a_label_that_names_its_unit_does_not_name_it_twice() -> None:
    assert drift_pages.heading(feature(1, label="Spend")) == "Spend (dollars)"
    assert drift_pages.heading(feature(1, label="Dollars spent")) == "Dollars spent"


@pytest.mark.parametrize("theme", THEME_NAMES)
@pytest.mark.parametrize("segments", [1, 50])
@pytest.mark.parametrize("name", CHARTS)
def test_each_chart_of_a_run_is_drawn_for_one_and_for_fifty_segments(
    name: str, segments: int, theme: ThemeName
) -> None:
    root = ElementTree.fromstring(drawn(name, theme, segments))  # noqa: S314
    assert float(root.attrib["width"]) < 480, "a phone shows it whole"


def test_a_bar_and_a_stroke_stand_at_the_shares_of_each_bin() -> None:
    made = drift_pages.chart(drifted(), "drift-feature-1", "light")
    assert made is not None
    (rows,) = made["datasets"].values()
    assert [row["part"] for row in rows] == ["up to 1", "over 1 to 2", "over 2 to 4", "over 4"]
    assert [row["then"] for row in rows] == pytest.approx([0.25] * 4)
    assert [row["now"] for row in rows] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    bar, stroke = made["layer"]
    assert (bar["mark"]["type"], bar["encoding"]["x"]["field"]) == ("bar", "now")
    assert (stroke["mark"]["type"], stroke["encoding"]["x"]["field"]) == ("tick", "then")


@pytest.mark.parametrize("theme", THEME_NAMES)
def test_a_segment_has_the_colour_of_its_id(theme: ThemeName) -> None:
    svg = drawn("drift-segments", theme)
    assert {"3", "5", "7", "9", "11"} <= set(texts(svg))
    for number in (3, 5, 7, 9, 11):
        assert f'fill="{THEMES[theme].segment(number)}"' in svg


@pytest.mark.parametrize(
    "name", ["drift", "drift-feature-2", "drift-feature-", "drift-feature-٣", "shares", "__init__"]
)
def test_there_is_no_chart_of_another_name(name: str) -> None:
    assert drift_pages.chart(drifted(), name, "light") is None
    assert drift_pages.history_chart(over_time(0.1), name, "light") is None


def test_each_chart_describes_itself_to_those_who_cannot_see_it() -> None:
    made = [drift_pages.chart(drifted(), name, "light") for name in CHARTS]
    made.append(drift_pages.history_chart(over_time(0.1), "drift-measures", "light"))
    assert all(chart and len(chart["description"]) > 50 for chart in made)


def test_names_from_outside_are_text() -> None:
    calm = drifted(label=HOSTILE)
    segments = [each.model_copy(update={"name": HOSTILE}) for each in calm.segments]
    hostile = calm.model_copy(
        update=dict.fromkeys(("title", "version", "segmentation", "sentence"), HOSTILE)
        | {"segments": segments}
    )
    pages = [drift_pages.run(hostile), drift_pages.history(over_time(0.3, label=HOSTILE))]
    for page in pages:
        assert "<script>alert" not in page
        assert escape("<script>alert(1)</script>") in page
        assert "{{ 7 * 7 }}" in page
    for svg in (drawn("drift-feature-0", label=HOSTILE), drawn_over_time(0.3, label=HOSTILE)):
        tags = {node.tag for node in ElementTree.fromstring(svg).iter()}  # noqa: S314
        assert not tags & {f"{SVG}{tag}" for tag in ("script", "image", "foreignObject", "a")}
        assert any(text.startswith("<script>alert(1)") for text in texts(svg))


def test_nothing_on_the_pages_needs_an_inline_script_or_style() -> None:
    for page in (drift_pages.run(drifted()), drift_pages.history(over_time(0.1))):
        for tag, attributes in Parsed(page).tags:
            assert tag != "style"
            assert not [name for name in attributes if name == "style" or name.startswith("on")]
            assert tag != "script" or attributes["src"]
