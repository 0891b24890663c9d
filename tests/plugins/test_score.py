"""The tab of a DAG that scores: what it does, what it published, and where the clusters are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.gmm.page.examples import example

TASK, TRAIN = "publish_scores", "load_model_and_evaluate"
DAY = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
Client = Callable[[str | None], TestClient]
MakeRun = Callable[..., str]
Published = Callable[..., str]


@pytest.fixture
def published(run: MakeRun) -> Published:
    """Puts a run that published so many rows into the database, so many days after the first."""

    def make(rows: Any, days: int = 0, dag_id: str = "shoppers_score") -> str:
        value = {"table": "shopper_segments", "rows": rows, "version": "some-version"}
        date = DAY + timedelta(days=days)
        return run("success", {TASK: "success"}, {TASK: value}, dag_id, f"s{days}", date)

    return make


def text(client: Client, address: str) -> str:
    answer = client("viewer").get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text)


def test_the_page_of_a_run_says_how_many_rows_which_table_has_by_which_version(
    client: Client, published: Published
) -> None:
    page = text(client, f"{published(25_118, dag_id='one_score')}/clusters")
    assert (
        "This run published 25,118 rows in table <code>shopper_segments</code>, with the segments "
        "of version <code>some-version</code>." in page
    )
    assert "applies the champion to all rows" in page
    assert "<figure" not in page


def test_the_page_of_the_dag_tells_of_the_newest_run_that_published(
    client: Client, run: MakeRun, published: Published
) -> None:
    for rows, days in ((100, 0), (300, 2), (200, 1)):
        published(rows, days, "many_score")
    run("failed", {TASK: "failed"}, {}, "many_score", None, DAY + timedelta(days=3))
    page = text(client, "/gmm/many_score/clusters")
    assert (
        '<a href="s2/clusters">the run of 2026-11-25 05:30</a> UTC. It published 300 rows' in page
    )
    assert client("viewer").get("/gmm/many_score/s2/clusters").status_code == 200


def test_both_pages_lead_to_the_clusters_of_the_dag_that_trains(
    client: Client, run: MakeRun, published: Published
) -> None:
    run("success", {TRAIN: "success"}, {TRAIN: example().model_dump(mode="json")}, "led_train")
    viewer = client("viewer")
    for address in (f"{published(1, dag_id='led_score')}/clusters", "/gmm/led_score/clusters"):
        answer = viewer.get(address)
        (link,) = re.findall(r'<a href="([^"]*)">led_train</a>', answer.text)
        assert "/gmm/led_train/clusters" in str(answer.url.join(link))
        assert "Every run of <code>led_train</code>" in viewer.get(answer.url.join(link)).text


def test_a_dag_of_another_name_that_scores_leads_nowhere(
    client: Client, published: Published
) -> None:
    page = text(client, f"{published(1, dag_id='scores_by_night')}/clusters")
    assert "the DAG that trains the segmentation does." in page
    assert "published 1 row in" in page


def test_without_a_result_the_pages_say_why_and_what_the_dag_does(
    client: Client, run: MakeRun, dag: Callable[..., str]
) -> None:
    failed = run("failed", {"plan_scoring": "failed", TASK: None}, dag_id="bad_score")
    dag("fresh_score", "plan_scoring", TASK)
    for address, said in (
        (failed, "Task plan_scoring failed first, before there was a result to show."),
        ("/gmm/bad_score", "No result yet"),
        ("/gmm/fresh_score", "press Trigger"),
    ):
        page = text(client, f"{address}/clusters")
        assert said in page
        assert "applies the champion to all rows" in page


@pytest.mark.parametrize("rows", [-1, "many", None])
def test_a_damaged_result_is_said_to_be_one_on_each_page(
    client: Client, published: Published, dag_id: str, rows: Any
) -> None:
    for address in (published(rows, dag_id=dag_id), f"/gmm/{dag_id}"):
        assert "This result cannot be read" in text(client, f"{address}/clusters")


def test_a_run_that_does_not_exist_is_not_found(client: Client, published: Published) -> None:
    published(1, dag_id="there_score")
    answer = client("viewer").get("/gmm/there_score/no_such_run/clusters")
    assert answer.status_code == 404
    assert "No such run" in answer.text


def test_scores_have_no_chart(client: Client, published: Published) -> None:
    page = published(1, dag_id="plain_score")
    for address in (f"{page}/charts/shares.light.png", "/gmm/plain_score/charts/shares.light.svg"):
        assert client("viewer").get(address).status_code == 404
