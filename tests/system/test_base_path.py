"""The pages where a proxy serves Airflow below a path of its own: `[api] base_url` has one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.gmm.page.examples import example
from tests.system.browser import WAIT, draw_all, tab_of
from tests.system.conftest import SHOWING, AirflowWithRun, started

BASE_PATH = "/some/base"


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowWithRun]:
    """In place of the Airflow of the other files, with a run that shows a made-up summary."""
    pytest.importorskip("script.local_airflow", reason="script/ is not here: not in the image")
    with started(tmp_path_factory.mktemp("base_path") / "project", BASE_PATH) as result:
        result.run_id = result.show(example().model_dump(mode="json"))
        yield result


def test_the_tab_of_a_run_has_its_charts(page: Page, airflow: AirflowWithRun) -> None:
    page.goto(airflow.ui(SHOWING, airflow.run_id))
    page.locator("a[href$='/plugin/clusters']").click()
    tab = tab_of(page)
    draw_all(tab)
    names = [each.get_attribute("data-chart") for each in tab.locator("figure").all()]
    assert names == ["shares", "membership", "confusion", "map", "profiles", "bic"]


def test_the_tab_of_a_dag_has_its_charts_and_leads_to_the_run(
    page: Page, airflow: AirflowWithRun
) -> None:
    page.goto(f"{airflow.url}/dags/{SHOWING}")
    page.locator("a[href$='/plugin/clusters-history']").click()
    tab = tab_of(page)
    draw_all(tab)
    tab.locator("table.runs a").first.click()
    expect(tab.locator(".lead strong")).to_have_text("5 segments", timeout=WAIT)


def test_the_list_of_all_segmentations_leads_to_a_dag(page: Page, airflow: AirflowWithRun) -> None:
    page.goto(f"{airflow.url}/plugin/segmentations")
    overview = page.frame_locator("iframe[title=Segments]")
    overview.locator(f"a[href^='{SHOWING}/']").first.click()
    expect(overview.locator("h1")).to_contain_text("history", timeout=WAIT)
