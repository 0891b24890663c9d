"""What the metadata database knows of a run: its summary, or why there is none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from include.gmm.page.reason import NoSummary
from include.gmm.page.standing import Decision
from include.gmm.summary import Summary
from plugins.gmm_summaries.states import Attempt, why_none
from plugins.gmm_summaries.xcoms import (
    LEFT_OUTCOME,
    LEFT_SUMMARY,
    OUTCOME,
    SUMMARY,
    Outcomes,
    Summaries,
    fits,
    parse,
    unreadable,
)

# Of a run, its summary, and what became of its version.
COLUMNS = (
    DagRun.dag_id,
    DagRun.run_id,
    DagRun.run_after,
    DagRun.state,
    Summaries.value.label("summary"),
    Outcomes.value.label("outcome"),
    Outcomes.timestamp.label("decided"),
)


@dataclass(frozen=True)
class Found:
    """What a run left; instead of a decision why it cannot be read, or None before there is one."""

    summary: Summary
    decision: Decision | NoSummary | None


@contextlib.contextmanager
def reading() -> Iterator[Session]:
    """A session for the queries of one page, and no longer.

    FastAPI closes the sessions that it hands out after the answer, on the event loop. The loop
    itself waits for a connection in Airflow's middleware: with every connection held by an answer
    that waits for the loop, twenty readers at once bring the server to a halt.
    """
    with create_session(scoped=False) as session:
        yield session


def find(session: Session, dag_id: str, run_id: str) -> Found | NoSummary:
    """What this very run of this very DAG left, or the reason why there is no summary."""
    run = session.execute(
        select(*COLUMNS)
        .outerjoin(Summaries, LEFT_SUMMARY)
        .outerjoin(Outcomes, LEFT_OUTCOME)
        .where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    ).first()
    if run is None:
        return NoSummary(
            "No such run", f"DAG {dag_id!r} has no run {run_id!r}. It may be deleted.", status=404
        )
    if run.summary is not None:
        return found(run)
    attempts = session.execute(
        select(
            TaskInstance.task_id, TaskInstance.map_index, TaskInstance.state, TaskInstance.end_date
        ).where(TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
    )
    return why_none(dag_id, run_id, run.state, [Attempt(*attempt) for attempt in attempts])


def found(run: Row[Any]) -> Found | NoSummary:
    """What the COLUMNS of a run say; its segments bear the ids under which it was decided."""
    summary = parse(run.summary, SUMMARY)
    if isinstance(summary, NoSummary):
        return summary
    if run.outcome is None:
        return Found(summary, None)
    promoted = parse(run.outcome, OUTCOME)
    if isinstance(promoted, NoSummary):
        return Found(summary, promoted)
    if promoted.version != summary.version:
        return Found(summary, unreadable(OUTCOME, f"It is of version {promoted.version}."))
    if not fits(promoted.succession, len(summary.segments)):
        return Found(summary, unreadable(OUTCOME, "It is of other segments than this version has."))
    if promoted.succession != summary.succession:
        summary = summary.following(promoted.succession)
    return Found(summary, Decision(run.run_id, run.run_after, run.decided, promoted))
