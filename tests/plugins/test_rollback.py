"""The tab of a DAG that rolls back: to which version, and where the clusters are."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from tests.gmm.page.examples import example
from tests.gmm.page.promotions import promoted

TASK = "roll_back"
Client = Callable[[str | None], TestClient]
MakeRun = Callable[..., str]


@pytest.fixture
def rolled_back(run: MakeRun, dag_id: str) -> str:
    """The DAG of a run that went back to a version."""
    told = promoted(example().model_copy(update={"version": "v-first"})).model_copy(
        update={"sentence": "It is the champion again: v-second was rolled back."}
    )
    tasks = {"find_predecessor": "success", TASK: "success"}
    dag = dag_id.replace("_train", "_rollback")
    run("success", tasks, {TASK: told.model_dump(mode="json")}, dag, "back")
    return dag


def text(client: Client, address: str) -> str:
    answer = client("viewer").get(f"{address}/clusters")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text)


@pytest.mark.parametrize("run_id", ["/back", ""])
def test_both_pages_say_which_version_is_the_champion_again_and_lead_to_its_history(
    client: Client, rolled_back: str, dag_id: str, run_id: str
) -> None:
    page = text(client, f"/gmm/{rolled_back}{run_id}")
    assert "went back to version <code>v-first</code>. It is the champion again" in page
    assert "v-second was rolled back." in page
    root = "../../" if run_id else "../"
    assert f'<a href="{root}{dag_id}/clusters">{dag_id}</a>' in page


def test_a_run_that_found_no_version_to_go_back_to_leads_to_the_log(
    client: Client, run: MakeRun
) -> None:
    failed = run(
        "failed", {"find_predecessor": "failed", TASK: "upstream_failed"}, dag_id="new_rollback"
    )
    page = text(client, failed)
    assert "Task find_predecessor failed first, before there was a result to show." in page
    assert 'tasks/find_predecessor" data-outside' in page
    assert "No result yet" in text(client, "/gmm/new_rollback")


def test_before_its_first_run_the_page_of_the_dag_says_what_a_run_does(
    client: Client, dag: Callable[..., str]
) -> None:
    dag("calm_rollback", "find_predecessor", TASK)
    page = text(client, "/gmm/calm_rollback")
    assert "Each run goes one champion back" in page
    assert "press Trigger" in page
