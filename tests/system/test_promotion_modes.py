"""The modes of promotion, each with a real run; the manual one by REST and in the browser."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from include.gmm.promotion_record import Promoted
from tests.system.conftest import AirflowWithRun
from tests.system.test_segmentations import MODEL, SEGMENTATION

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ASKS = "approve_promotion"


@pytest.fixture(scope="module", autouse=True)
def segmentations(airflow: AirflowWithRun) -> None:
    """One for each mode but the shipped one's, put into the project while Airflow is running."""
    project = airflow.folder / "include"
    for name, mode in (("asked", "manual"), ("tried", "dry_run"), ("barred", "disabled")):
        (project / "dbt" / "models" / "features" / f"{name}_features.sql").write_text(MODEL)
        text = SEGMENTATION.format(model=f"{name}_features") + f"promotion: {{ mode: {mode} }}\n"
        (project / "segmentations" / f"{name}.yaml").write_text(text)


def outcome(airflow: AirflowWithRun, dag_id: str, run_id: str) -> Promoted:
    assert airflow.wait(dag_id, run_id) == "success"
    return Promoted.model_validate(airflow.xcom(dag_id, run_id, "promote_model"))


def question(airflow: AirflowWithRun, run_id: str) -> str:
    """Wait until the run asks a person; the path of the question in the REST API.

    Also until Airflow's scheduler knows that the task waits. Before that, for a second or a few
    after the question, Airflow 3.3 takes the end of the task's process for the end of the task
    that an answer resumes, and tries it again, which asks again (apache/airflow#72716).
    """
    deadline = time.monotonic() + 480
    while True:
        states = {
            task["task_id"]: task["state"] for task in airflow.api.tasks("asked_train", run_id)
        }
        if states.get(ASKS) == "awaiting_input":
            break
        assert time.monotonic() < deadline, states
        time.sleep(0.5)
    assert states["promote_model"] is None
    ended = rf"Received executor event .*task_id='{ASKS}', run_id='{re.escape(run_id)}'"
    while not re.search(ended, airflow.server.layout.log("scheduler").read_text()):
        assert time.monotonic() < deadline, "the scheduler has not seen the task wait"
        time.sleep(0.1)
    run = f"dags/asked_train/dagRuns/{quote(run_id, safe='')}"
    return f"{run}/taskInstances/{ASKS}/-1/hitlDetails"


def champions(airflow: AirflowWithRun, name: str) -> list[str]:
    folder = airflow.folder / "working_data" / "models" / name / "champions"
    return sorted(path.name for path in folder.glob("*.json"))


def test_a_dry_run_says_what_it_would_do_and_does_not_do_it(airflow: AirflowWithRun) -> None:
    promoted = outcome(airflow, "tried_train", airflow.trigger("tried_train"))
    assert promoted.outcome == "would_promote"
    assert champions(airflow, "tried") == []


def test_a_disabled_promotion_promotes_nothing(airflow: AirflowWithRun) -> None:
    promoted = outcome(airflow, "barred_train", airflow.trigger("barred_train"))
    assert promoted.outcome == "disabled"
    assert champions(airflow, "barred") == []


def test_a_person_approves_through_the_rest_api(airflow: AirflowWithRun) -> None:
    run_id = airflow.trigger("asked_train")
    path = question(airflow, run_id)
    asked: dict[str, Any] = airflow.api.get(path)
    assert "Smallest segment" in asked["body"], "the comparison is there to be read"
    assert "Without an answer within 7 days the champion stays." in asked["body"]
    assert asked["defaults"] == ["Reject"]
    assert champions(airflow, "asked") == []
    airflow.api.patch(path, {"chosen_options": ["Approve"], "params_input": {}})
    promoted = outcome(airflow, "asked_train", run_id)
    assert promoted.outcome == "promoted"
    assert champions(airflow, "asked") == ["000001.json"]


def test_a_person_approves_in_the_browser(airflow: AirflowWithRun, browser: Browser) -> None:
    from playwright.sync_api import expect

    run_id = airflow.trigger("asked_train", {"seed": 4})
    question(airflow, run_id)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    with airflow.client("admin") as client:
        cookie = {"name": "_token", "value": client.cookies["_token"], "url": airflow.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    page.goto(f"{airflow.ui('asked_train', run_id)}/tasks/{ASKS}/required_actions")
    expect(page.get_by_text("Rows that change segment").first).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Approve").click()
    promoted = outcome(airflow, "asked_train", run_id)
    context.close()
    assert promoted.outcome == "promoted"
    assert promoted.succession.champion is not None


def test_a_rejection_leaves_the_champion_as_it_is(airflow: AirflowWithRun) -> None:
    before = champions(airflow, "asked")
    run_id = airflow.trigger("asked_train", {"seed": 5})
    path = question(airflow, run_id)
    airflow.api.patch(path, {"chosen_options": ["Reject"], "params_input": {}})
    assert airflow.wait("asked_train", run_id) == "success"
    states = {task["task_id"]: task["state"] for task in airflow.api.tasks("asked_train", run_id)}
    assert states["promote_model"] == "skipped"
    assert champions(airflow, "asked") == before
