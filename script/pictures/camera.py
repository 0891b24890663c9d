"""Photographs of pages, each in light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser

from include.gmm.page.pages import THEME_NAMES
from tests.system.browser import VIEWER, draw_all, log_in, open_tab
from tests.system.conftest import AirflowWithRun

WIDTHS = (1440, 1024, 400)
HEIGHT = 900
SECTIONS = {"clusters": "body", "map": "#map"}  # what the tab is scrolled to, by picture


def photograph_tab(browser: Browser, airflow: AirflowWithRun, folder: Path) -> None:
    """The tab of the run inside Airflow's UI."""
    for theme in THEME_NAMES:
        context = browser.new_context(
            viewport={"width": WIDTHS[0], "height": HEIGHT}, color_scheme=theme
        )
        log_in(context, airflow)
        page = context.new_page()
        tab = open_tab(page, airflow)
        draw_all(tab)
        for name, section in SECTIONS.items():
            tab.locator(section).first.evaluate("section => section.scrollIntoView()")
            page.screenshot(path=folder / f"{name}-{theme}.png", animations="disabled")
        context.close()


def photograph_pages(
    browser: Browser,
    airflow: AirflowWithRun,
    addresses: Mapping[str, str],
    folder: Path,
    visitor: str | None = VIEWER,
) -> list[str]:
    """Whole pages at all widths; says which of them scroll sideways, with tables unfolded.

    The visitor is a user of that name, or None for somebody who is not logged in.
    """
    faults = []
    for theme in THEME_NAMES:
        for width in WIDTHS:
            context = browser.new_context(
                viewport={"width": width, "height": HEIGHT}, color_scheme=theme
            )
            if visitor is not None:
                log_in(context, airflow, visitor)
            page = context.new_page()
            for name, address in addresses.items():
                page.goto(address)
                draw_all(page)
                page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=True)
                for folded in page.locator("details").all():
                    folded.evaluate("details => { details.open = true }")
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    faults.append(f"{name} scrolls sideways at {width} px, in {theme}")
            context.close()
    return faults
