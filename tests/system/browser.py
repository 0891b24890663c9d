"""The browser of the system tests: Debian's Chromium, driven by playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    FrameLocator,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

if TYPE_CHECKING:
    from tests.system.conftest import AirflowWithRun

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
VIEWER = "viewer"
WAIT = 30_000  # milliseconds, for a busy machine


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; without Chromium a skip, which tests/conftest.py fails in CI."""
    if not os.access(_path(), os.X_OK):
        pytest.skip("no Chromium: on Debian or Ubuntu, `apt-get install chromium` brings it")
    with sync_playwright() as playwright, launch(playwright) as started:
        yield started


@contextmanager
def launch(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, closed at the end."""
    # Its own sandbox refuses to start as root, which containers run as.
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    started = playwright.chromium.launch(executable_path=_path(), args=FLAGS + sandbox)
    yield started
    started.close()


def _path() -> str:
    return shutil.which("chromium") or CHROMIUM


@pytest.fixture
def page(airflow: AirflowWithRun, browser: Browser) -> Iterator[Page]:
    """A page of a viewer who is logged in."""
    with visit(browser, airflow) as page:
        yield page


@contextmanager
def visit(browser: Browser, airflow: AirflowWithRun) -> Iterator[Page]:
    """A page of a viewer who is logged in. At its end its console has told of no error."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.set_default_timeout(WAIT)
    log_in(context, airflow)
    page = context.new_page()
    troubles = watch(page)
    yield page
    context.close()
    assert troubles == []


def log_in(context: BrowserContext, airflow: AirflowWithRun, username: str = VIEWER) -> None:
    """Give the browser the cookie of that user."""
    with airflow.client(username) as client:
        context.add_cookies(
            [{"name": "_token", "value": client.cookies["_token"], "url": airflow.url}]
        )


def watch(page: Page) -> list[str]:
    """A list that grows by what goes wrong in the page: errors, what the CSP refuses included."""
    troubles: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            troubles.append(message.text)

    def thrown(error: Error) -> None:
        troubles.append(str(error))

    page.on("console", said)
    page.on("pageerror", thrown)
    return troubles


def open_tab(page: Page, airflow: AirflowWithRun) -> FrameLocator:
    """The tab of the run inside Airflow's UI, opened as a person does."""
    page.goto(airflow.ui(airflow.dag_id, airflow.run_id))
    page.locator("a[href$='/plugin/clusters']").click()
    return tab_of(page)


def open_page(page: Page, airflow: AirflowWithRun) -> Page:
    """The page of the tab at its own address, which is quicker than Airflow's UI around it."""
    page.goto(f"{airflow.pages(airflow.dag_id, airflow.run_id)}/clusters")
    return page


def tab_of(page: Page) -> FrameLocator:
    """The tab that is open in Airflow's UI, as soon as it is there."""
    tab = page.frame_locator("iframe[title=Clusters]")
    expect(tab.locator("h1")).to_be_visible(timeout=WAIT)
    return tab


def draw_all(frame: FrameLocator | Page) -> None:
    """Scroll past every chart, until each is drawn."""
    for figure in frame.locator("figure[data-chart]").all():
        figure.scroll_into_view_if_needed()
        expect(figure.locator(".chart svg")).to_be_visible(timeout=WAIT)
