"""How quick the tab is: in a real browser, and for many readers at once."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import httpx
from playwright.sync_api import Browser, expect, sync_playwright

from script.benchmark.rounds import progress
from tests.system.browser import VIEWER, WAIT, draw_all, launch, open_page, visit
from tests.system.conftest import SCORE_DAG_ID, AirflowWithRun, started

READERS, READS = 20, 5

# Asked for before anything of the page has run; performance.now() counts from its navigation.
NOTE_FIRST_CHART = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(".chart svg")) return;
  window.firstChart = performance.now() / 1000;
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });
"""


@dataclass(frozen=True)
class TabResult:
    """Medians of several rounds, in seconds."""

    first_chart: float
    page: float  # for one of `readers` at once
    slow_page: float  # the same, of the slowest twentieth
    readers: int


def measure_tab(repeat: int) -> TabResult:
    """The page of a run of customers_train, which is made for it."""
    progress("Starting an Airflow of its own and training (a minute or two) ...")
    with tempfile.TemporaryDirectory() as home, started(Path(home) / "project") as airflow:
        airflow.pause(SCORE_DAG_ID)  # what the training would start
        airflow.train()
        with sync_playwright() as playwright, launch(playwright) as browser:
            charts = _first_charts(browser, airflow, repeat)
        rounds = [_taken_at_once(airflow) for _ in range(repeat)]
    return TabResult(
        median(charts),
        median(median(taken) for taken in rounds),
        median(quantiles(taken, n=20)[-1] for taken in rounds),
        READERS,
    )


def _first_charts(browser: Browser, airflow: AirflowWithRun, repeat: int) -> list[float]:
    with visit(browser, airflow) as page:
        draw_all(open_page(page, airflow))  # from now on the browser has the scripts
        page.add_init_script(NOTE_FIRST_CHART)
        measured = []
        for _ in range(repeat):
            open_page(page, airflow)
            expect(page.locator(".chart svg").first).to_be_attached(timeout=WAIT)
            measured.append(float(page.evaluate("window.firstChart")))
    return measured


def _taken_at_once(airflow: AirflowWithRun) -> list[float]:
    """How long each page took, for readers that read at the same time."""
    address = f"{airflow.pages(airflow.dag_id, airflow.run_id)}/clusters"

    def read(client: httpx.Client) -> list[float]:
        taken = []
        for _ in range(READS):
            begin = time.perf_counter()
            client.get(address).raise_for_status()
            taken.append(time.perf_counter() - begin)
        return taken

    with ExitStack() as stack, ThreadPoolExecutor(READERS) as threads:
        clients = [stack.enter_context(airflow.client(VIEWER)) for _ in range(READERS)]
        return [each for reader in threads.map(read, clients) for each in reader]
