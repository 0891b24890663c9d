"""The charts: drawn for one and for many segments, true to the summary, and safe."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import pytest

from include.gmm.page import pages
from include.gmm.page.charts import CHARTS, THEMES, ThemeName
from tests.plugins.examples import HOSTILE, example

THEME_NAMES: tuple[ThemeName, ...] = ("light", "dark")
SVG = "{http://www.w3.org/2000/svg}"


def draw(name: str, segments: int = 5, theme: ThemeName = "light", label: str = "Order") -> str:
    drawn = pages.chart(example(segments, label), name, theme)
    assert drawn is not None
    return drawn


def texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


@pytest.mark.parametrize("theme", THEME_NAMES)
@pytest.mark.parametrize("segments", [1, 50])
@pytest.mark.parametrize("name", CHARTS)
def test_each_chart_is_drawn_for_one_and_for_fifty_segments(
    name: str, segments: int, theme: ThemeName
) -> None:
    root = ElementTree.fromstring(draw(name, segments, theme))  # noqa: S314
    assert root.tag == f"{SVG}svg"
    assert float(root.attrib["width"]) < 480, "a phone shows it whole"


@pytest.mark.parametrize("name", CHARTS)
def test_no_chart_carries_markup_of_the_user_or_anything_from_elsewhere(name: str) -> None:
    svg = draw(name, label=HOSTILE)
    tags = {node.tag for node in ElementTree.fromstring(svg).iter()}  # noqa: S314
    assert not tags & {f"{SVG}{tag}" for tag in ("script", "image", "foreignObject", "style", "a")}
    assert "style=" not in svg


def test_a_label_stands_in_the_chart_as_it_was_written() -> None:
    assert any(
        text.startswith("<script>alert(1)") for text in texts(draw("profiles", label=HOSTILE))
    )


def test_the_bars_of_the_shares_are_labelled_with_them() -> None:
    assert {"36.1%", "25.2%", "17.7%", "12.4%", "8.7%"} <= set(texts(draw("shares")))


@pytest.mark.parametrize("theme", THEME_NAMES)
def test_a_segment_has_one_colour_in_all_charts(theme: ThemeName) -> None:
    for name in ("shares", "profiles", "membership"):
        svg = draw(name, 5, theme)
        for number in range(1, 6):
            assert f'fill="{THEMES[theme].segment(number)}"' in svg


def test_crosses_are_the_degenerate_candidates_and_one_is_chosen() -> None:
    written = texts(draw("bic"))
    assert written.count("\N{MULTIPLICATION SIGN}") == sum(
        candidate.degenerate for candidate in example().candidates
    )
    assert written.count("chosen") == 1


def test_the_lines_of_the_bic_leave_degenerate_candidates_out() -> None:
    summary = example()
    specification = CHARTS["bic"](summary, THEMES["light"]).to_dict()
    line = specification["layer"][0]
    (rows,) = specification["datasets"].values()
    assert line["mark"]["type"] == "line"
    assert line["encoding"]["y"]["field"] == "sound"
    assert [row["sound"] is None for row in rows] == [c.degenerate for c in summary.candidates]


def test_a_table_whose_candidates_are_all_degenerate_is_still_drawn() -> None:
    summary = example()
    candidates = [
        candidate.model_copy(update={"degenerate": True}) for candidate in summary.candidates
    ]
    assert pages.chart(summary.model_copy(update={"candidates": candidates}), "bic", "light")


def test_there_is_no_chart_of_another_name() -> None:
    assert pages.chart(example(), "__init__", "light") is None


def test_charts_that_are_asked_for_at_once_come_out_as_if_one_by_one() -> None:
    asked: list[tuple[str, ThemeName]] = [(name, theme) for name in CHARTS for theme in THEME_NAMES]
    alone = {(name, theme): draw(name, 5, theme) for name, theme in asked}
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as threads:
            at_once = list(threads.map(lambda each: (each, draw(each[0], 5, each[1])), asked * 2))
    finally:
        sys.setswitchinterval(interval)
    assert all(alone[each] == drawn for each, drawn in at_once)


@pytest.mark.parametrize("theme", THEME_NAMES)
def test_each_colour_stands_out_from_the_page(theme: ThemeName) -> None:
    page = {"light": "#ffffff", "dark": "#161d2d"}[theme]
    assert f"--page: {page};" in pages.static("page.css").decode()
    for colour in THEMES[theme].palette:
        lighter, darker = sorted((_luminance(page), _luminance(colour)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 3, colour


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
