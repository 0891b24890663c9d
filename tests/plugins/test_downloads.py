"""What the page loads and what can be taken away from it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from include.gmm.page import static_files
from include.gmm.page.export import segments_csv
from tests.gmm.page.examples import example
from tests.gmm.page.parsed import Parsed

TASK = "load_model_and_evaluate"
Client = Callable[[str | None], TestClient]
Run = Callable[..., str]


@pytest.fixture
def page(run: Run) -> str:
    """The address of a run's pages."""
    return run("success", {TASK: "success"}, {TASK: example().model_dump(mode="json")})


def test_each_address_on_the_page_is_relative_and_answers(client: Client, page: str) -> None:
    viewer = client("viewer")
    answer = viewer.get(f"{page}/clusters")
    addresses = {each for each in Parsed(answer.text).addresses() if not each.startswith("#")}
    assert len(addresses) == 23  # seven assets, four files, and six charts as PNG and SVG
    for address in addresses:
        assert not address.startswith(("/", "http:", "https:", "data:", "javascript:"))
        assert viewer.get(answer.url.join(address)).status_code == 200, address


def test_a_chart_comes_as_a_specification_a_drawing_and_a_picture(
    client: Client, page: str
) -> None:
    viewer = client("viewer")
    for kind, media_type in (
        ("json", "application/json"),
        ("svg", "image/svg+xml"),
        ("png", "image/png"),
    ):
        answer = viewer.get(f"{page}/charts/map-0-1.dark.{kind}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(media_type)
    made = json.loads(viewer.get(f"{page}/charts/shares.light.json").text)
    assert made["$schema"].startswith("https://vega.github.io/schema/vega-lite/")


@pytest.mark.parametrize(
    "address", ["none.light.svg", "map-9-0.light.json", "shares.sepia.svg", "shares.light.gif"]
)
def test_there_is_no_other_chart(client: Client, page: str, address: str) -> None:
    assert client("viewer").get(f"{page}/charts/{address}").status_code in (404, 422)


def test_the_segments_come_as_a_table(client: Client, page: str) -> None:
    answer = client("viewer").get(f"{page}/segments.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text == segments_csv(example())


def test_the_report_is_to_keep_and_not_to_open_within_airflow(client: Client, page: str) -> None:
    answer = client("viewer").get(f"{page}/report.html")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "5 segments" in answer.text


def test_a_script_may_be_kept_for_ever_at_the_address_of_its_content(client: Client) -> None:
    answer = client("viewer").get(f"/gmm/{static_files.address('page.js')}")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content == static_files.content("page.js")


def test_what_is_not_an_asset_is_never_kept(client: Client, page: str) -> None:
    assert client("viewer").get(f"{page}/clusters").headers["cache-control"] == "no-store"
    assert client("viewer").get("/gmm/static/0123456789abcdef/page.js").status_code == 404


@pytest.mark.parametrize(
    "file", ["summary.json", "segments.csv", "sample.csv", "report.html", "charts/map.light.json"]
)
def test_a_run_without_a_summary_has_no_files(client: Client, run: Run, file: str) -> None:
    answer = client("viewer").get(f"{run('failed', {TASK: 'failed'})}/{file}")
    assert answer.status_code == 404
    assert "The run failed" in answer.text
