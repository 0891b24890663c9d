"""The "Clusters" tab in a real Airflow: who gets it, what it shows, and how it answers."""

from __future__ import annotations

import re
from typing import Any

import joblib
import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, expect

from include.gmm.page import static_files
from include.gmm.page.charts import THEMES, ThemeName
from include.gmm.page.words import count, percent
from include.gmm.summary import Summary
from tests.system.browser import VIEWER, WAIT, draw_all, open_page, open_tab, tab_of, watch
from tests.system.conftest import AirflowWithRun

# In the order of the page's fields; far from each other, so that every probability moves.
ROWS = [(12.0, 9.0, 480.0), (540.0, 1.0, 13.0), (0.0, 0.0, 0.0), (200.0, 3.0, 95.5)]


def addresses(airflow: AirflowWithRun) -> list[str]:
    page = airflow.pages(airflow.dag_id, airflow.run_id)
    files = ("clusters", "summary.json", "segments.csv", "sample.csv", "report.html")
    charts = [
        f"{page}/charts/{name}.{theme}.{kind}"
        for name in ("shares", "map", "map-0-1")
        for theme in ("light", "dark")
        for kind in ("json", "svg")
    ]
    static = [
        f"{airflow.url}/gmm/{static_files.address(name)}" for name in static_files.MEDIA_TYPES
    ]
    return [*(f"{page}/{file}" for file in files), *charts, *static]


def test_without_a_login_each_route_is_refused(airflow: AirflowWithRun) -> None:
    with airflow.anonymous() as client:
        answers = {address: client.get(address).status_code for address in addresses(airflow)}
    assert answers == dict.fromkeys(answers, 401)


def test_a_viewer_gets_each_route(airflow: AirflowWithRun) -> None:
    with airflow.client(VIEWER) as client:
        answers = {address: client.get(address).status_code for address in addresses(airflow)}
    assert answers == dict.fromkeys(answers, 200)


def test_who_logs_in_finds_the_segments_of_the_xcom_in_the_tab(
    airflow: AirflowWithRun, browser: Browser, summary: Summary
) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{airflow.url}/")
    page.fill("input[name=username]", VIEWER)
    page.fill("input[name=password]", airflow.password(VIEWER))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url, timeout=WAIT)
    troubles = watch(page)
    tab = open_tab(page, airflow)
    cells = [
        [cell.text_content() or "" for cell in row.locator("th, td").all()[:3]]
        for row in tab.locator("table.segments tbody tr").all()
    ]
    assert [[cell.split("\n")[0].strip() for cell in row] for row in cells] == [
        [f"{segment.number} {segment.name}".strip(), percent(segment.share), count(segment.rows)]
        for segment in summary.segments
    ]
    expect(tab.locator(".lead strong")).to_have_text(f"{summary.n_components} segments")
    expect(tab.locator(".facts")).to_contain_text(summary.model_sha256)
    page.context.close()
    assert troubles == []


def test_each_chart_is_drawn(page: Page, airflow: AirflowWithRun) -> None:
    tab = open_tab(page, airflow)
    draw_all(tab)
    names = [each.get_attribute("data-chart") for each in tab.locator("figure").all()]
    assert names == ["shares", "membership", "confusion", "map", "profiles", "bic"]
    for figure in tab.locator("figure").all():
        size = figure.locator(".chart svg").bounding_box()
        assert size and size["width"] > 200
        assert size["height"] > 80


def test_the_charts_follow_the_theme_of_airflow(page: Page, airflow: AirflowWithRun) -> None:
    tab = open_tab(page, airflow)
    draw_all(tab)
    names: tuple[tuple[str, ThemeName, ThemeName], ...]
    names = (("Dark", "dark", "light"), ("Light", "light", "dark"))
    for name, theme, other in names:
        page.get_by_role("button", name="User").first.click()
        page.get_by_role("menuitem", name="Appearance").click()
        page.get_by_role("menuitemradio", name=f"{name} Mode").click()
        page.keyboard.press("Escape")
        expect(tab.locator("body")).to_have_css("background-color", rgb(THEMES[theme].page))
        for chart in ("shares", "membership", "map"):
            drawn = tab.locator(f"figure[data-chart={chart}] svg")
            expect(drawn.locator(f"path[fill='{THEMES[theme].segment(1)}']").first).to_be_attached()
            expect(drawn.locator(f"path[fill='{THEMES[other].segment(1)}']")).to_have_count(0)


def rgb(colour: str) -> str:
    """A colour as the browser writes it."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"rgb({red}, {green}, {blue})"


def test_another_pair_of_columns_draws_another_map(
    page: Page, airflow: AirflowWithRun, summary: Summary
) -> None:
    tab = open_page(page, airflow)
    across, _, up = (feature.label for feature in summary.features[:3])
    chart = tab.locator("#map figure")
    chart.scroll_into_view_if_needed()
    expect(chart.locator("svg")).not_to_contain_text(across)
    tab.get_by_label("Across").select_option(across)
    expect(tab.get_by_label("Up")).not_to_have_value("")
    tab.get_by_label("Up").select_option(up)
    expect(chart.locator("svg")).to_contain_text(across)
    expect(chart.locator("svg")).to_contain_text(up)
    links = [link.get_attribute("href") for link in chart.locator("figcaption a").all()]
    assert [re.sub(r".*/(?=charts)", "", link or "") for link in links] == [
        "charts/map-0-2.light.png",
        "charts/map-0-2.light.svg",
    ]
    tab.get_by_label("Up").select_option("best separation")
    expect(tab.get_by_label("Across")).to_have_value("")
    expect(chart.locator("svg")).not_to_contain_text(across)


def test_another_criterion_draws_its_curve(page: Page, airflow: AirflowWithRun) -> None:
    tab = open_page(page, airflow)
    chart = tab.locator("#choice figure")
    for criterion in ("ICL", "AIC", "BIC"):
        tab.get_by_label("Criterion").select_option(criterion)
        expect(chart.locator("svg")).to_contain_text(f"{criterion} (lower is better)")


def test_what_if_gives_the_probabilities_of_the_saved_model(
    page: Page, airflow: AirflowWithRun, summary: Summary
) -> None:
    tab = open_page(page, airflow)
    for row in ROWS:
        for place, value in enumerate(row):
            tab.locator("#what-if input").nth(place).fill(str(value))
        assert np.allclose(shown(tab), predicted(airflow, summary, row), atol=0.1)


def test_a_row_of_a_spreadsheet_can_be_pasted(
    page: Page, airflow: AirflowWithRun, summary: Summary
) -> None:
    tab = open_page(page, airflow)
    inputs = tab.locator("#what-if input")
    median = inputs.nth(2).input_value()
    inputs.nth(0).focus()
    tab.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text", text);
            document.activeElement.dispatchEvent(
              new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }),
            );
        }""",
        "31\t4\n",
    )
    assert [each.input_value() for each in inputs.all()] == ["31", "4", median]
    expected = predicted(airflow, summary, (31.0, 4.0, float(median)))
    assert np.allclose(shown(tab), expected, atol=0.1)


def shown(tab: Page) -> list[float]:
    """The probabilities of the section, in percent."""
    texts = tab.locator("#what-if output").all_inner_texts()
    return [float(text.removesuffix(" %")) for text in texts]


def predicted(airflow: AirflowWithRun, summary: Summary, row: tuple[float, ...]) -> Any:
    """What the file that the run saved says of that row, in percent."""
    names = [feature.name for feature in summary.features if feature.in_mixture]
    model = joblib.load(airflow.folder / summary.model_path)
    return 100 * model.predict_proba(pd.DataFrame([row], columns=names))[0]


def test_the_log_of_a_failed_run_opens_in_the_whole_window(
    page: Page, airflow: AirflowWithRun, failed_run: tuple[str, str]
) -> None:
    page.goto(f"{airflow.ui(*failed_run)}/plugin/clusters")
    tab = tab_of(page)
    expect(tab.locator("h1")).to_have_text("The run failed")
    tab.locator("a[data-outside]").click()
    page.wait_for_url(lambda url: url.startswith(f"{airflow.ui(*failed_run)}/tasks/load_data"))
    expect(page.get_by_text("the file is not there").first).to_be_visible(timeout=WAIT)
