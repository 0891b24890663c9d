"""How a run stands among the others of its DAG."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.utils.session import create_session
from sqlalchemy import event

from plugins.gmm_summaries.runs import standing
from tests.gmm.page.examples import example

TASK = "load_model_and_evaluate"
Run = Callable[..., str]
DAY = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)


def summary() -> dict[str, Any]:
    return example().model_dump(mode="json")


def test_the_run_with_the_latest_date_stands_as_the_newest_whichever_ran_last(run: Run) -> None:
    for days in (3, 1):
        returned, date = {TASK: summary()}, DAY + timedelta(days=days)
        run("success", {TASK: "success"}, returned, "standing", f"run_{days}", date)
    with create_session() as session:
        newest, older = (standing(session, "standing", run_id) for run_id in ("run_3", "run_1"))
    assert newest is not None and older is not None
    assert newest.newest
    assert (older.newest, older.run_id, older.date) == (False, "run_3", DAY + timedelta(days=3))


def test_a_later_run_without_summary_makes_no_version_old(run: Run) -> None:
    run("success", {TASK: "success"}, {TASK: summary()}, "standing_alone", "good", DAY)
    run("failed", {TASK: "failed"}, {}, "standing_alone", "bad", DAY + timedelta(days=1))
    run("success", {TASK: "success"}, {TASK: summary()}, "other", None, DAY + timedelta(days=2))
    with create_session() as session:
        found = standing(session, "standing_alone", "good")
    assert found is not None
    assert found.newest


def test_where_no_run_left_a_summary_none_stands(run: Run) -> None:
    run("failed", {TASK: "failed"}, {}, "standing_nowhere", "bad")
    with create_session() as session:
        assert standing(session, "standing_nowhere", "bad") is None


def test_how_a_run_stands_takes_one_query(run: Run) -> None:
    run("success", {TASK: "success"}, {TASK: summary()}, "standing_cheap", "good")
    asked: list[str] = []

    def listen(_: Any, __: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    with create_session() as session:
        database = session.get_bind()
        event.listen(database, "before_cursor_execute", listen)
        standing(session, "standing_cheap", "good")
        event.remove(database, "before_cursor_execute", listen)
    (statement,) = asked
    assert "xcom.value" not in statement
