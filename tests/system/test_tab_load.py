"""What the tab costs a reader, in bytes, and that many can read it at once.

How quick it is depends on the machine and what else runs there: `script/bench --tab` measures it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
from playwright.sync_api import Page, Response

from tests.system.browser import VIEWER, draw_all, open_page
from tests.system.conftest import AirflowWithRun

BYTES = 300_000  # of a page and its charts
READERS, READS = 20, 5


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


def test_many_readers_at_once_see_the_same_page(airflow: AirflowWithRun) -> None:
    address = f"{airflow.pages(airflow.dag_id, airflow.run_id)}/clusters"

    def read(client: httpx.Client) -> list[str]:
        return [client.get(address).raise_for_status().text for _ in range(READS)]

    with ExitStack() as stack, ThreadPoolExecutor(READERS) as threads:
        clients = [stack.enter_context(airflow.client(VIEWER)) for _ in range(READERS)]
        assert len({client.cookies["_token"] for client in clients}) == READERS
        pages = [page for reader in threads.map(read, clients) for page in reader]
    assert len(pages) == READERS * READS
    assert len(set(pages)) == 1
