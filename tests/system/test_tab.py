"""The "Clusters" tab in a real Airflow, by HTTP and in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any, Protocol
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from include.gmm.page.words import count, percent

VIEWER = "viewer"
WAIT = 30_000  # milliseconds, for a busy machine


class Airflow(Protocol):
    """What the fixture `airflow` gives."""

    url: str
    dag_id: str
    run_id: str

    def client(self, username: str) -> httpx.Client: ...

    def anonymous(self) -> httpx.Client: ...

    def password(self, username: str) -> str: ...


def pages_of_run(airflow: Airflow) -> str:
    return f"{airflow.url}/gmm/{airflow.dag_id}/{quote(airflow.run_id, safe='')}"


def addresses(airflow: Airflow) -> list[str]:
    page = pages_of_run(airflow)
    charts = [
        f"{page}/charts/{name}.{theme}.svg"
        for name in ("shares", "profiles", "membership", "bic")
        for theme in ("light", "dark")
    ]
    static = [f"{airflow.url}/gmm/static/{name}" for name in ("page.css", "theme.js")]
    return [f"{page}/clusters", f"{page}/summary.json", *charts, *static]


@pytest.fixture(scope="session")
def summary(airflow: Airflow) -> Any:
    """The summary as Airflow's own API gives it, not the tab."""
    with closing(airflow.client("admin")) as client:
        answer = client.get(
            f"{airflow.url}/api/v2/dags/{airflow.dag_id}/dagRuns/{quote(airflow.run_id, safe='')}"
            "/taskInstances/load_model_and_evaluate/xcomEntries/return_value"
        )
    return answer.raise_for_status().json()["value"]


@pytest.fixture
def troubles() -> list[str]:
    """What the browser's console complains of while the tab is open."""
    return []


@pytest.fixture
def page(airflow: Airflow, browser: Browser, troubles: list[str]) -> Iterator[Page]:
    """A page of Airflow's UI, logged in as a viewer, on the run."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(f"{airflow.url}/")
    page.fill("input[name=username]", VIEWER)
    page.fill("input[name=password]", airflow.password(VIEWER))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(f"{airflow.url}/dags/{airflow.dag_id}/runs/{quote(airflow.run_id, safe='')}")
    yield page
    context.close()


def open_tab(page: Page) -> FrameLocator:
    page.get_by_role("link", name="Clusters", exact=True).click()
    tab = page.frame_locator("iframe[title=Clusters]")
    expect(tab.locator("h1")).to_be_visible(timeout=WAIT)
    return tab


def test_without_a_login_each_route_is_refused(airflow: Airflow) -> None:
    with closing(airflow.anonymous()) as client:
        answers = {address: client.get(address).status_code for address in addresses(airflow)}
    assert answers == dict.fromkeys(answers, 401)


def test_a_viewer_gets_each_route(airflow: Airflow) -> None:
    with closing(airflow.client(VIEWER)) as client:
        answers = {address: client.get(address).status_code for address in addresses(airflow)}
    assert answers == dict.fromkeys(answers, 200)


def test_the_json_of_the_tab_is_the_xcom(airflow: Airflow, summary: Any) -> None:
    with closing(airflow.client(VIEWER)) as client:
        assert client.get(f"{pages_of_run(airflow)}/summary.json").json() == summary


def test_the_tab_shows_the_segments_of_the_xcom(
    page: Page, summary: Any, troubles: list[str]
) -> None:
    tab = open_tab(page)
    cells = [
        row.locator("th, td").all_inner_texts()[:3]
        for row in tab.locator("table.segments tbody tr").all()
    ]
    assert [[number.strip(), share, rows] for number, share, rows in cells] == [
        [str(segment["number"]), percent(segment["share"]), count(segment["rows"])]
        for segment in summary["segments"]
    ]
    assert len(cells) == summary["n_components"]
    assert troubles == []


def test_each_picture_of_the_tab_is_drawn(page: Page, troubles: list[str]) -> None:
    tab = open_tab(page)
    for picture in tab.locator("img.light").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True, timeout=WAIT)
        assert picture.evaluate("image => image.naturalWidth") > 100
    assert troubles == []


def test_the_tab_follows_the_theme_of_airflow(page: Page, troubles: list[str]) -> None:
    tab = open_tab(page)
    picture = "figure:first-of-type img."
    expect(tab.locator(f"{picture}light").first).to_be_visible()
    bright = tab.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    page.evaluate("document.documentElement.className = 'dark'")  # as Airflow's own switch does
    expect(tab.locator("html")).to_have_class("dark")
    expect(tab.locator(f"{picture}dark").first).to_be_visible()
    expect(tab.locator(f"{picture}light").first).to_be_hidden()
    dark = tab.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert (bright, dark) == ("rgb(255, 255, 255)", "rgb(22, 29, 45)")
    assert troubles == []


@pytest.mark.parametrize("width", [1440, 400])
def test_only_tables_scroll_sideways_and_only_in_their_boxes(
    airflow: Airflow, page: Page, width: int
) -> None:
    page.goto(f"{pages_of_run(airflow)}/clusters")
    page.set_viewport_size({"width": width, "height": 800})
    for folded in page.locator("details").all():
        folded.evaluate("details => { details.open = true }")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
