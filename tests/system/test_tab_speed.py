"""How quick the tab is, in a real browser and for many readers at once.

The goals are a chart within 1.5 s and a page within 500 ms. The limits leave as much again for a
machine that does other things as well; `pytest -rP` shows what was measured.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from statistics import median, quantiles

import httpx
import pytest
from playwright.sync_api import Page, Response, expect

from tests.system.browser import VIEWER, WAIT, draw_all, open_page
from tests.system.conftest import AirflowWithRun

BYTES = 300_000  # of a page and its charts
FIRST_CHART = 2 * 1.5  # seconds
PAGE = 2 * 0.5  # seconds, of the slowest twentieth
READERS, READS = 20, 5
ROUNDS = 3  # a round takes two seconds, and Airflow may be reading the DAGs in one of them

# Asked for before anything of the page has run; performance.now() counts from its navigation.
NOTE_FIRST_CHART = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(".chart svg")) return;
  window.firstChart = performance.now() / 1000;
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });
"""


@pytest.fixture(scope="module", autouse=True)
def quiet(airflow: AirflowWithRun) -> None:
    """What other runs have started by themselves, such as a scoring, has ended."""
    deadline = time.monotonic() + 120
    while airflow.api.get("dags/~/dagRuns", state=["queued", "running"])["total_entries"]:
        assert time.monotonic() < deadline, "runs do not end"
        time.sleep(0.5)


def test_a_page_and_its_charts_are_small(page: Page, airflow: AirflowWithRun) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    draw_all(open_page(page, airflow))
    sizes = {
        answer.url.rpartition("/")[2]: len(answer.body())
        for answer in answers
        if not answer.url.endswith("/vega.js")
    }
    print(f"{sum(sizes.values()) / 1000:.1f} kB: {sizes}")  # noqa: T201
    assert {"clusters", "page.css", "map.light.json", "bic.light.json"} <= sizes.keys()
    assert sum(sizes.values()) < BYTES


def test_the_first_chart_is_drawn_at_once(page: Page, airflow: AirflowWithRun) -> None:
    draw_all(open_page(page, airflow))  # from now on the browser has the scripts
    page.add_init_script(NOTE_FIRST_CHART)
    measured = []
    for _ in range(3):
        open_page(page, airflow)
        expect(page.locator(".chart svg").first).to_be_attached(timeout=WAIT)
        measured.append(float(page.evaluate("window.firstChart")))
    print(f"first chart after {median(measured):.2f} s, of {measured}")  # noqa: T201
    assert median(measured) < FIRST_CHART


def test_many_readers_at_once_do_not_wait(airflow: AirflowWithRun) -> None:
    address = f"{airflow.pages(airflow.dag_id, airflow.run_id)}/clusters"

    def read(client: httpx.Client) -> list[float]:
        taken = []
        for _ in range(READS):
            begin = time.perf_counter()
            client.get(address).raise_for_status()
            taken.append(time.perf_counter() - begin)
        return taken

    slow = []
    with ExitStack() as stack, ThreadPoolExecutor(READERS) as threads:
        clients = [stack.enter_context(airflow.client(VIEWER)) for _ in range(READERS)]
        assert len({client.cookies["_token"] for client in clients}) == READERS
        for _ in range(ROUNDS):
            taken = [each for reader in threads.map(read, clients) for each in reader]
            slow.append(quantiles(taken, n=20)[-1])
            print(f"95 % within {slow[-1]:.3f} s, half within {median(taken):.3f} s")  # noqa: T201
    assert median(slow) < PAGE
