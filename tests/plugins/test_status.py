"""What the page of a run says has become of its version."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from airflow.models.asset import AssetEvent, AssetModel
from airflow.utils.session import create_session
from fastapi.testclient import TestClient
from sqlalchemy import event, select

from include.gmm.summary import Summary
from plugins.gmm_summaries import promotions
from plugins.gmm_summaries.runs import Found, find
from tests.gmm.page.examples import after_a_champion, example
from tests.gmm.page.promotions import DAY, promoted

TASK, APPROVAL, PROMOTION = "load_model_and_evaluate", "approve_promotion", "promote_model"
OTHER = "20261130T203000Z-00000000"
Client = Callable[[str | None], TestClient]
Run = Callable[..., str]


def other() -> Summary:
    return example().model_copy(update={"version": OTHER})


@pytest.fixture
def headline(client: Client, dag_id: str) -> Callable[[str], str]:
    """What the page of a run of the DAG says of its version."""

    def read(run_id: str) -> str:
        answer = client("viewer").get(f"/gmm/{dag_id}/{run_id.replace('+', '%2B')}/clusters")
        assert answer.status_code == 200
        (told,) = re.findall(r'<p class="promotion">(.*?)</p>', answer.text, re.DOTALL)
        return re.sub(r"\s+", " ", told)

    return read


def test_the_champion_is_one_until_a_later_run_makes_another(
    headline: Callable[[str], str], trained: Callable[..., str]
) -> None:
    first = trained(0, outcome=promoted(example(), serial=1))
    assert ">Champion<" in headline(first)
    second = trained(1, other(), promoted(other(), serial=2))
    assert ">Was the champion<" in headline(first)
    assert f"<code>{OTHER}</code>" in headline(first)
    assert ">Champion<" in headline(second)


def test_a_rollback_shows_once_a_later_run_tells_of_it(
    headline: Callable[[str], str], trained: Callable[..., str]
) -> None:
    first = trained(0, outcome=promoted(example(), serial=1))
    trained(1, other(), promoted(other(), serial=2))
    third = example().model_copy(update={"version": "third"})
    trained(2, third, promoted(third, "kept", example().version, serial=3))
    assert ">Champion<" in headline(first)
    assert "This version has been the champion since 2026-11-25 21:30 UTC" in headline(first)


def test_an_event_of_another_segmentation_makes_no_champion_here(
    headline: Callable[[str], str], trained: Callable[..., str], appointed: Callable[..., None]
) -> None:
    first = trained(0, outcome=promoted(example(), serial=1))
    appointed("stranger_train", "run", OTHER, 9, "somebody", "person", DAY + timedelta(days=9))
    assert ">Champion<" in headline(first)


@pytest.mark.parametrize("extra", [{}, {"version": OTHER, "serial": 9}, "text", None])
def test_an_event_that_is_no_record_hides_no_champion(
    headline: Callable[[str], str], trained: Callable[..., str], dag_id: str, extra: Any
) -> None:
    first = trained(0, outcome=promoted(example(), serial=1))
    name = f"{dag_id.removesuffix('_train')}_champion"
    with create_session() as session:
        asset = session.scalar(select(AssetModel.id).where(AssetModel.name == name))
        session.add(AssetEvent(asset_id=asset, extra=extra, source_map_index=-1))
    assert ">Champion<" in headline(first)


def test_a_version_that_waits_for_approval_leads_to_where_it_is_given(
    client: Client, run: Run
) -> None:
    tasks = {TASK: "success", APPROVAL: "awaiting_input", PROMOTION: None}
    returned = {TASK: example().model_dump(mode="json")}
    page = run("running", tasks, returned, "waiting_train", "run:1+0")
    answer = client("viewer").get(f"{page}/clusters")
    assert "Waits for approval" in answer.text
    (link,) = re.findall(r'<a href="([^"]*)" data-outside>', answer.text)
    wanted = "dags/waiting_train/runs/run%3A1%2B0/tasks/approve_promotion/required_actions"
    assert str(answer.url.join(link)) == (
        f"http://airflow.test/some/base/path/{wanted}?map_index=-1"
    )


@pytest.mark.parametrize(
    ("states", "badge", "said"),
    [
        ({APPROVAL: "success", PROMOTION: "skipped"}, "Not promoted", "Nobody approved it."),
        ({PROMOTION: "skipped"}, "Not promoted", "Its promotion was skipped."),
        ({PROMOTION: "failed"}, "Not promoted", "Task promote_model ended as failed"),
        ({APPROVAL: "failed", PROMOTION: "upstream_failed"}, "Not promoted",
         "Task approve_promotion ended as failed"),
        ({PROMOTION: "running"}, "Not decided", "Task promote_model of this run has not decided"),
        ({APPROVAL: "success", PROMOTION: None}, "Not decided", "has not decided"),
        ({}, "Not decided", "has not decided"),
    ],
)  # fmt: skip
def test_a_version_without_a_decision_says_what_the_tasks_tell(
    headline: Callable[[str], str],
    run: Run,
    dag_id: str,
    states: dict[str, str | None],
    badge: str,
    said: str,
) -> None:
    returned = {TASK: example().model_dump(mode="json")}
    run("running", {TASK: "success"} | states, returned, dag_id, "undecided")
    told = headline("undecided")
    assert f">{badge}<" in told
    assert said in told


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("s3://bucket/key", "a custom XCom backend"),
        ({"schema_version": 99}, "A newer release of the project wrote it."),
        (promoted(example()).model_dump(mode="json") | {"outcome": "won"}, "outcome: "),
        (promoted(other()), f"It is of version {OTHER}."),
        (promoted(example(), succession=after_a_champion(4)), "It is of other segments"),
    ],
)
def test_a_decision_that_cannot_be_read_is_said_to_be_one_and_the_page_is_there(
    headline: Callable[[str], str], trained: Callable[..., str], outcome: Any, said: str
) -> None:
    told = headline(trained(0, outcome=outcome))
    assert said in told
    assert "This decision cannot be read." in told


@pytest.mark.parametrize(
    "parts",
    [
        {"succession": after_a_champion().model_copy(update={"flow": [[1]]})},
        {"succession": after_a_champion()},  # whose last segment is 6, and that of the summary 5
        {"sample": example().sample.model_copy(update={"segments": [7] * 200})},
    ],
    ids=["ragged", "other ids", "rows of no segment"],
)
def test_a_summary_whose_parts_do_not_fit_each_other_is_a_message(
    client: Client, trained: Callable[..., str], dag_id: str, parts: dict[str, Any]
) -> None:
    run_id = trained(0, example().model_copy(update=parts))
    answer = client("viewer").get(f"/gmm/{dag_id}/{run_id.replace('+', '%2B')}/clusters")
    assert answer.status_code == 200
    assert "This summary cannot be read" in answer.text
    assert "Its parts do not fit each other." in answer.text


def test_the_segments_bear_the_ids_under_which_it_was_decided_on_every_page(
    client: Client, trained: Callable[..., str], dag_id: str
) -> None:
    decided = promoted(example(), succession=after_a_champion())
    page = f"/gmm/{dag_id}/{trained(0, outcome=decided).replace('+', '%2B')}"
    viewer = client("viewer")
    assert "Against the champion" in viewer.get(f"{page}/clusters").text
    assert viewer.get(f"{page}/segments.csv").text.splitlines()[-1].startswith("6,")
    summary = Summary.model_validate(viewer.get(f"{page}/summary.json").json())
    assert summary == example().following(after_a_champion())
    assert viewer.get(f"{page}/charts/flow.dark.svg").status_code == 200
    shares = viewer.get(f"/gmm/{dag_id}/charts/shares.light.json").json()
    (rows,) = shares["datasets"].values()
    assert [row["segment"] for row in rows] == [1, 2, 3, 4, 6]


def test_how_a_version_stands_takes_two_queries(trained: Callable[..., str], dag_id: str) -> None:
    runs = [trained(days, outcome=promoted(example(), serial=days + 1)) for days in range(3)]
    asked: list[str] = []

    def listen(_: Any, __: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    with create_session() as session:
        database = session.get_bind()
        event.listen(database, "before_cursor_execute", listen)
        found = find(session, dag_id, runs[0])
        assert isinstance(found, Found)
        present = promotions.champions(session, [dag_id])
        promotions.standings(session, {(dag_id, runs[0]): found}, present)
        event.remove(database, "before_cursor_execute", listen)
    assert len(asked) == 2
