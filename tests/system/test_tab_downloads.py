"""What the tab gives to take away: each file is fetched by its link, as a person does, and read."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, expect

from include.gmm.summary import Summary
from tests.system.browser import open_tab, visit, watch
from tests.system.conftest import AirflowWithRun

LINKS = {
    "report.html": "#model a[href='report.html']",
    "segments.csv": "#model a[href='segments.csv']",
    "summary.json": "#model a[href='summary.json']",
    "sample.csv": "#map a[href='sample.csv']",
    "profiles.png": "#profiles figcaption a[href$='png']",
    "profiles.svg": "#profiles figcaption a[href$='svg']",
}


@pytest.fixture(scope="module")
def files(
    airflow: AirflowWithRun, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Every file, from inside Airflow's UI: a frame can keep a page from giving files away."""
    folder = tmp_path_factory.mktemp("downloads")
    found = {}
    with visit(browser, airflow) as page:
        tab = open_tab(page, airflow)
        for name, link in LINKS.items():
            with page.expect_download() as download:
                tab.locator(link).click()
            found[name] = folder / name
            download.value.save_as(found[name])
    return found


def test_the_json_is_the_xcom(files: dict[str, Path], summary: Summary) -> None:
    assert Summary.model_validate_json(files["summary.json"].read_bytes()) == summary


def test_the_segments_are_a_table(files: dict[str, Path], summary: Summary) -> None:
    table = pd.read_csv(files["segments.csv"])
    assert table["rows"].tolist() == [segment.rows for segment in summary.segments]
    assert np.allclose(table["share"], [segment.share for segment in summary.segments])
    orders = [segment.profile["orders"] for segment in summary.segments]
    assert np.allclose(table["mean_orders"], np.array(orders, dtype=float))


def test_the_sample_is_a_table(files: dict[str, Path], summary: Summary) -> None:
    table = pd.read_csv(files["sample.csv"])
    assert table.columns.tolist()[-2:] == ["segment", "probability"]
    assert table["segment"].tolist() == summary.sample.segments
    assert np.allclose(table.iloc[:, :-2], summary.sample.values)


def test_a_chart_is_a_picture(files: dict[str, Path], summary: Summary) -> None:
    head = files["profiles.png"].read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    assert min(struct.unpack(">II", head[16:])) > 200
    drawing = ElementTree.parse(files["profiles.svg"]).getroot()  # noqa: S314  # our own server's
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    words = "".join(drawing.itertext())
    assert all(feature.label in words for feature in summary.features)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_report_needs_neither_airflow_nor_a_network(
    files: dict[str, Path],
    browser: Browser,
    airflow: AirflowWithRun,
    summary: Summary,
    theme: Literal["light", "dark"],
) -> None:
    page = browser.new_page(color_scheme=theme, offline=True)
    troubles = watch(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url[:60]))
    page.goto(files["report.html"].as_uri())
    expect(page.locator("h1")).to_have_text(summary.title)
    seen, hidden = page.locator(f"img.{theme}"), page.locator("img:visible")
    assert seen.count() == hidden.count() == 8, "all three criteria, and none in the other theme"
    for picture in seen.all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("image => image.complete && image.naturalWidth") > 200

    probabilities = page.locator("#what-if output")
    before = probabilities.all_inner_texts()
    page.locator("#what-if input").first.fill("3")
    assert probabilities.all_inner_texts() != before
    total = sum(float(text.removesuffix(" %")) for text in probabilities.all_inner_texts())
    assert total == pytest.approx(100, abs=0.5)

    with page.expect_download() as download:
        page.get_by_role("link", name="All numbers of this page as JSON").click()
    inside = json.loads(Path(download.value.path()).read_text())
    assert Summary.model_validate(inside) == summary
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    page.context.close()
    assert troubles == []
