"""Which run made the champion, as the lists of runs and of segmentations tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from include.gmm.page.words import NOTHING
from include.gmm.summary import Summary
from tests.gmm.page.examples import after_a_champion, example
from tests.gmm.page.promotions import promoted

TASK, APPROVAL, PROMOTION = "load_model_and_evaluate", "approve_promotion", "promote_model"
Client = Callable[[str | None], TestClient]
Trained = Callable[..., str]


def of(version: str) -> Summary:
    return example().model_copy(update={"version": version})


def text(client: Client, address: str) -> str:
    answer = client("viewer").get(f"/gmm/{address}")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text)


@pytest.fixture
def three(trained: Trained) -> list[str]:
    """Three runs: the second made the champion, the third left it."""
    first, second, third = of("v-first"), of("v-second"), of("v-third")
    return [
        trained(0, first, promoted(first, serial=1)),
        trained(1, second, promoted(second, serial=2)),
        trained(2, third, promoted(third, "kept", "v-second", serial=2)),
    ]


def test_the_history_says_what_became_of_each_version(
    client: Client, three: list[str], dag_id: str
) -> None:
    page = text(client, f"{dag_id}/clusters")
    told = re.findall(r"<code>(v-\w+)</code> <small>(.*?)</small></td>", page)
    assert told == [
        ("v-third", "Not promoted"),
        ("v-second", "<strong>Champion</strong>"),
        ("v-first", "Was the champion"),
    ]


def test_the_history_names_the_champion_and_its_run(
    client: Client, three: list[str], dag_id: str
) -> None:
    page = text(client, f"{dag_id}/clusters")
    (told,) = re.findall(r"The champion is .*?</p>", page)
    assert "<code>v-second</code>" in told
    dates = re.findall(r'<a href="manual__(\d)[^"]*/clusters">the run of ([^<]*)</a>', told)
    assert dates == [("1", "2026-11-24 20:30")]
    assert "In use since 2026-11-24 21:30 UTC" in told


@pytest.fixture
def rolled_back(
    run: Callable[..., str], appointed: Callable[..., None], three: list[str], dag_id: str
) -> None:
    """The second version was the champion, and the first is it again."""
    told = promoted(of("v-first"), serial=3).model_copy(
        update={"sentence": "It is the champion again: v-second was rolled back."}
    )
    returned = {"roll_back": told.model_dump(mode="json")}
    decided = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    dag = dag_id.replace("_train", "_rollback")
    run("success", {"roll_back": "success"}, returned, dag, "manual__back", decided, None, decided)
    actor = f"{dag}, run manual__back"
    appointed(dag_id, "manual__back", "v-first", 3, actor, "rollback", decided, by=dag)


@pytest.mark.usefixtures("rolled_back")
def test_the_history_tells_of_a_rollback_and_leads_to_the_run_that_made_the_version(
    client: Client, dag_id: str
) -> None:
    page = text(client, f"{dag_id}/clusters")
    (told,) = re.findall(r"The champion is .*?</p>", page)
    assert "<code>v-first</code>, made by" in told
    assert "In use again, by a rollback, since 2026-11-26 09:30 UTC." in told
    assert re.findall(r'<a href="manual__(\w+)', told) == ["0"]


@pytest.mark.usefixtures("rolled_back")
def test_the_page_of_the_version_that_was_rolled_back_says_when(
    client: Client, three: list[str], dag_id: str
) -> None:
    page = text(client, f"{dag_id}/{quote(three[1], safe='')}/clusters")
    assert "Was the champion" in page
    assert "<code>v-first</code></a> since 2026-11-26 09:30 UTC, by a rollback;" in page


def test_a_rollback_of_another_segmentation_is_none_of_this_one(
    client: Client, run: Callable[..., str], three: list[str], dag_id: str
) -> None:
    told = promoted(of("v-first"), serial=3).model_dump(mode="json")
    run("success", {"roll_back": "success"}, {"roll_back": told}, f"other_{dag_id}_rollback")
    assert "The champion is <code>v-second</code>" in text(client, f"{dag_id}/clusters")


def test_a_history_without_a_champion_says_so(
    client: Client, trained: Trained, dag_id: str
) -> None:
    trained(0, outcome=promoted(example(), "disabled", None, 0))
    page = text(client, f"{dag_id}/clusters")
    assert "No version has become the champion yet." in page
    assert "<small>Promotion is disabled</small>" in page


def test_a_version_that_waits_is_told_from_one_that_does_not_in_the_history(
    client: Client, run: Callable[..., str], trained: Trained, dag_id: str
) -> None:
    trained(0, of("v-old"), promoted(of("v-old")))
    tasks = {TASK: "success", APPROVAL: "awaiting_input", PROMOTION: None}
    run("running", tasks, {TASK: of("v-new").model_dump(mode="json")}, dag_id)
    page = text(client, f"{dag_id}/clusters")
    assert "<code>v-new</code> <small>Waits for approval</small>" in page
    assert "<code>v-old</code> <small><strong>Champion</strong></small>" in page


@pytest.mark.parametrize("damaged", ["{", {"schema_version": 2}, {"champion": 7}])
def test_a_decision_that_cannot_be_read_hides_no_champion(
    client: Client, trained: Trained, dag_id: str, damaged: Any
) -> None:
    trained(0, of("v-old"), promoted(of("v-old")))
    trained(1, of("v-new"), damaged)
    page = text(client, f"{dag_id}/clusters")
    assert "<code>v-new</code> <small>Cannot be read</small>" in page
    assert "The champion is <code>v-old</code>" in page


def test_the_shares_of_each_run_stand_under_the_numbers_of_its_segments(
    client: Client, trained: Trained, dag_id: str
) -> None:
    trained(0)
    trained(1, example().following(after_a_champion()))
    page = text(client, f"{dag_id}/clusters")
    table = page[page.index("Shares in each run") :]
    table = table[: table.index("</table>")]
    assert re.findall(r"</span>(\d+)</th>", table) == ["1", "2", "3", "4", "5", "6"]
    later, earlier = (re.findall(r"<td[^>]*>([^ <]+)", row) for row in table.split("<tr>")[2:])
    assert later == ["36.1", "25.2", "17.7", "12.4", NOTHING, "8.7"]
    assert earlier == ["36.1", "25.2", "17.7", "12.4", "8.7", NOTHING]


def test_the_overview_names_the_champion_and_what_became_of_the_newest_version(
    client: Client, three: list[str], dag: Callable[..., str], dag_id: str
) -> None:
    dag(dag_id, TASK)
    page = text(client, "segmentations")
    (row,) = re.findall(rf"<small class=\"id\">{dag_id}</small>.*?</tr>", page)
    assert "<small>Not promoted</small>" in row
    assert re.search(r"<code>v-second</code> <small>of the run of <a [^>]*manual__1", row)


def test_the_overview_says_where_there_is_no_champion(
    client: Client, trained: Trained, dag: Callable[..., str], dag_id: str
) -> None:
    dag(dag_id, TASK)
    trained(0)
    page = text(client, "segmentations")
    (row,) = re.findall(rf"<small class=\"id\">{dag_id}</small>.*?</tr>", page)
    assert "None yet" in row
    assert "<small>Not decided</small>" in row


def test_two_runs_side_by_side_say_what_became_of_both(
    client: Client, three: list[str], dag_id: str
) -> None:
    left, right = (run_id.replace("+", "%2B") for run_id in three[1:])
    page = text(client, f"{dag_id}/compare?left={left}&right={right}")
    badges = re.findall(r'([AB]) <strong class="tag">([^<]*)</strong>', page)
    assert badges == [("A", "Champion"), ("B", "Not promoted")]
