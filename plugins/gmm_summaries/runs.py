"""How the tab gets at runs and XComs in the metadata database: every query of them is made here."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XCOM_RETURN_KEY, XComModel
from airflow.utils.session import create_session
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, Select, Text, and_, cast, exists, func, select
from sqlalchemy.orm import Session, aliased

from include.gmm.page.reason import NoSummary
from include.gmm.page.status import Decision
from include.gmm.summary import Summary
from plugins.gmm_summaries.dags import TRAINING, Kind
from plugins.gmm_summaries.parsing import DRIFT, OUTCOME, SUMMARY, Returned, parse, unreadable
from plugins.gmm_summaries.states import Attempt, why_none

Summaries, Outcomes = aliased(XComModel), aliased(XComModel)
SHOWN = 50  # of a DAG in its history
NEWEST_FIRST = (DagRun.run_after.desc(), DagRun.id.desc())


def returned_by(task_id: str | ColumnElement[str], xcoms: Any) -> ColumnElement[bool]:
    """What the task of a DagRun returned, by the primary key: the database looks at one row."""
    return and_(
        xcoms.dag_run_id == DagRun.id,
        xcoms.task_id == task_id,
        xcoms.map_index == -1,
        xcoms.key == XCOM_RETURN_KEY,
    )


def value_of(xcoms: Any) -> ColumnElement[str | None]:
    """The value as JSON, to be taken apart by `parse`, for what SQLAlchemy does with it may fail.

    One value that is nested too deep would take the whole answer of the database away.
    """
    return cast(xcoms.value, Text)


LEFT_SUMMARY = returned_by(SUMMARY.task_id, Summaries)
LEFT_OUTCOME = returned_by(OUTCOME.task_id, Outcomes)
RUN = (DagRun.dag_id, DagRun.run_id, DagRun.run_after, DagRun.state)
VALUE = value_of(XComModel).label("value")
# Of a run its summary, and what became of its version.
COLUMNS = (
    *RUN,
    value_of(Summaries).label("summary"),
    value_of(Outcomes).label("outcome"),
    Outcomes.timestamp.label("decided"),
)
_MEASURED = returned_by(DRIFT.task_id, XComModel)
_MEASURING = and_(
    TaskInstance.dag_id == DagRun.dag_id,
    TaskInstance.run_id == DagRun.run_id,
    TaskInstance.task_id == DRIFT.task_id,
    TaskInstance.map_index == -1,
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
    if run is None or run.summary is None:
        return _nothing(session, TRAINING, dag_id, run_id, run)
    return found(run)


def find_returned[T: BaseModel](
    session: Session, kind: Kind, returned: Returned[T], dag_id: str, run_id: str
) -> T | NoSummary:
    """What a task of this very run of this very DAG returned, or the reason why it did not."""
    run = session.execute(
        select(DagRun.state, VALUE)
        .outerjoin(XComModel, returned_by(returned.task_id, XComModel))
        .where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    ).first()
    if run is None or run.value is None:
        return _nothing(session, kind, dag_id, run_id, run)
    return parse(run.value, returned)


def trained(session: Session, dag_id: str) -> Sequence[Row[Any]]:
    """COLUMNS of the newest runs of a DAG that trains."""
    return session.execute(
        select(*COLUMNS)
        .outerjoin(Summaries, LEFT_SUMMARY)
        .outerjoin(Outcomes, LEFT_OUTCOME)
        .where(DagRun.dag_id == dag_id)
        .order_by(*NEWEST_FIRST)
        .limit(SHOWN)
    ).all()


def newest_trained(session: Session, dag_ids: Collection[str]) -> Sequence[Row[Any]]:
    """COLUMNS of the newest run of each DAG that left a summary."""
    return session.execute(
        newest(select(DagRun.id).join(Summaries, LEFT_SUMMARY), dag_ids, COLUMNS)
        .join(Summaries, LEFT_SUMMARY)
        .outerjoin(Outcomes, LEFT_OUTCOME)
    ).all()


def newest_runs(session: Session, dag_ids: Collection[str]) -> Sequence[Row[Any]]:
    """RUN of the newest run of each DAG, whatever it left."""
    return session.execute(newest(select(DagRun.id), dag_ids, RUN)).all()


def monitored(session: Session, dag_id: str) -> Sequence[Row[Any]]:
    """RUN of the newest runs of a DAG that monitors, the value, and how the task ended."""
    return session.execute(
        select(*RUN, VALUE, TaskInstance.state.label("ended"))
        .outerjoin(XComModel, _MEASURED)
        .outerjoin(TaskInstance, _MEASURING)
        .where(DagRun.dag_id == dag_id)
        .order_by(*NEWEST_FIRST)
        .limit(SHOWN)
    ).all()


def newest_returned(
    session: Session, dag_ids: Collection[str], returned: Returned[Any]
) -> Sequence[Row[Any]]:
    """RUN and the value of the newest run of each DAG in which the task returned something."""
    left = returned_by(returned.task_id, XComModel)
    among = newest(select(DagRun.id).join(XComModel, left), dag_ids, (*RUN, VALUE))
    return session.execute(among.join(XComModel, left)).all()


def known(session: Session, dag_id: str, run_id: str) -> Row[Any]:
    """RUN of a run that is there."""
    return session.execute(
        select(*RUN).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    ).one()


def has_run(session: Session, dag_id: str) -> bool:
    """Whether the DAG has any run."""
    return bool(session.scalar(select(exists().where(DagRun.dag_id == dag_id))))


def n_runs(session: Session, dag_id: str) -> int:
    """How many runs the DAG has, those that are not shown included."""
    return session.scalar(select(func.count()).where(DagRun.dag_id == dag_id)) or 0


def newest(among: Select[Any], dag_ids: Collection[str], columns: Sequence[Any]) -> Select[Any]:
    """Those columns of the newest of these runs, for each DAG."""
    place = func.row_number().over(partition_by=DagRun.dag_id, order_by=NEWEST_FIRST)
    ranked = among.add_columns(place.label("place")).where(DagRun.dag_id.in_(dag_ids)).subquery()
    first = select(ranked.c.id).where(ranked.c.place == 1)
    return select(*columns).where(DagRun.id.in_(first))


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
    if len(promoted.succession.segment_ids) != len(summary.segments):
        return Found(summary, unreadable(OUTCOME, "It is of other segments than this version has."))
    if promoted.succession != summary.succession:
        summary = summary.following(promoted.succession)
    return Found(summary, Decision(run.decided, promoted))


def _nothing(
    session: Session, kind: Kind, dag_id: str, run_id: str, run: Row[Any] | None
) -> NoSummary:
    if run is None:
        return NoSummary(
            "No such run", f"DAG {dag_id!r} has no run {run_id!r}. It may be deleted.", status=404
        )
    attempts = session.execute(
        select(
            TaskInstance.task_id, TaskInstance.map_index, TaskInstance.state, TaskInstance.end_date
        ).where(TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
    )
    return why_none(kind, dag_id, run_id, run.state, [Attempt(*attempt) for attempt in attempts])
