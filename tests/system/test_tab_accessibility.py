"""The pages of the plugin without a mouse, without sight and on a small screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any, Literal
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.system.browser import draw_all, open_page
from tests.system.conftest import AirflowWithRun

WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]  # axe-core's tags
NAMES = ["run", "history", "compare", "overview", "message"]
WITH_CHARTS = ["run", "history"]
CAN_BE_FOCUSED = "a[href], button, input, select, summary, [tabindex]"

# Marks what can be focused with its place, to tell it again when the focus arrives there.
MARK = """selector => {
  const shown = [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility());
  const wide = [...document.querySelectorAll("*")].filter(
    (each) => each.scrollWidth > each.clientWidth && getComputedStyle(each).overflowX === "auto",
  );
  const all = [...new Set([...shown, ...wide])];
  all.forEach((each, place) => { each.dataset.place = place; });
  return all.length;
}"""
FOCUSED = """() => {
  const { dataset, tagName } = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return { place: Number(dataset.place ?? -1), tagName, outline: [outlineStyle, outlineWidth] };
}"""


@pytest.fixture
def opened(
    page: Page, airflow: AirflowWithRun, later_run: str, failed_run: tuple[str, str]
) -> Callable[[str], Page]:
    """Opens a page by its name, with its charts drawn and its tables unfolded."""
    both = f"left={quote(airflow.run_id, safe='')}&right={quote(later_run, safe='')}"
    addresses = {
        "run": f"{airflow.pages(airflow.dag_id, airflow.run_id)}/clusters",
        "history": f"{airflow.url}/gmm/{airflow.dag_id}/clusters",
        "compare": f"{airflow.url}/gmm/{airflow.dag_id}/compare?{both}",
        "overview": f"{airflow.url}/gmm/segmentations",
        "message": f"{airflow.pages(*failed_run)}/clusters",
    }

    def open_it(name: str) -> Page:
        page.goto(addresses[name])
        for folded in page.locator("details").all():
            folded.evaluate("details => { details.open = true }")
        draw_all(page)
        return page

    return open_it


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_no_fault(
    opened: Callable[[str], Page], page: Page, name: str, theme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=theme)
    opened(name)
    expect(page.locator("html")).to_have_class("dark" if theme == "dark" else "")
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
    rules = {"runOnly": {"type": "tag", "values": WCAG_2_2_AA}, "resultTypes": ["violations"]}
    result = page.evaluate(f"axe.run(document, {json.dumps(rules)})")
    assert [described(fault) for fault in result["violations"]] == []
    assert len(result["passes"]) > 5, "axe has looked at something"


def described(fault: dict[str, Any]) -> str:
    """A fault as axe tells it, with the elements that have it."""
    elements = ", ".join(str(node["target"]) for node in fault["nodes"])
    return f"{fault['id']} ({fault['help']}): {elements}"


@pytest.mark.parametrize("name", NAMES)
def test_the_tab_key_reaches_everything_and_shows_where_it_is(
    opened: Callable[[str], Page], page: Page, name: str
) -> None:
    page.set_viewport_size({"width": 400, "height": 900})
    opened(name)
    expected = page.evaluate(MARK, CAN_BE_FOCUSED)
    assert expected > 0
    reached = set()
    for _ in range(expected):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUSED)
        reached.add(focus["place"])
        assert focus["outline"] == ["solid", "2px"], focus
    assert reached == set(range(expected))


def test_keys_alone_choose_a_chart_and_unfold_a_table(page: Page, airflow: AirflowWithRun) -> None:
    open_page(page, airflow)
    page.get_by_label("Criterion").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#choice figure svg")).to_contain_text("ICL (lower is better)")
    table = page.locator("#choice table")
    expect(table).to_be_hidden()
    page.locator("#choice summary").focus()
    page.keyboard.press("Enter")
    expect(table).to_be_visible()


@pytest.mark.parametrize("name", WITH_CHARTS)
def test_each_chart_is_one_picture_described_and_has_its_numbers_in_a_table(
    opened: Callable[[str], Page], page: Page, name: str
) -> None:
    opened(name)
    figures = page.locator("figure[data-chart]").all()
    assert len(figures) >= 3
    for figure in figures:
        picture = figure.locator(".chart > [role=img]")
        expect(picture).to_have_count(1)
        assert len(picture.get_attribute("aria-label") or "") > 20
        beside = figure.locator("xpath=(ancestor::div[.//table] | ancestor::section)[last()]")
        assert beside.locator("details td").count() > 0, figure.get_attribute("data-chart")


@pytest.mark.parametrize("width", [1440, 1024, 400, 320])
def test_only_tables_scroll_sideways_and_only_in_their_boxes(
    opened: Callable[[str], Page], page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for name in NAMES:
        opened(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
