"""What the metadata database knows of the runs of a DAG, and of the DAGs that have such runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import TaskInstance
from airflow.utils.state import DagRunState
from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from include.gmm.page.past import History, Run, Segmentation, Version
from include.gmm.page.reason import NoSummary
from include.gmm.page.standing import Champion
from plugins.gmm_summaries.promotions import champions, standings
from plugins.gmm_summaries.runs import COLUMNS, Found, find, found
from plugins.gmm_summaries.states import TASK, no_such_task
from plugins.gmm_summaries.xcoms import LEFT_OUTCOME, LEFT_SUMMARY, Outcomes, Summaries

SHOWN = 50  # runs
SUFFIX = "_train"  # of the DAGs of this project
_RUN = (DagRun.dag_id, DagRun.run_id, DagRun.run_after, DagRun.state)
NEWEST_FIRST = (DagRun.run_after.desc(), DagRun.id.desc())


def history(session: Session, dag_id: str) -> History | NoSummary:
    """The newest runs of a DAG, or the reason why there is nothing to tell of them."""
    runs = session.execute(
        select(*COLUMNS)
        .outerjoin(Summaries, LEFT_SUMMARY)
        .outerjoin(Outcomes, LEFT_OUTCOME)
        .where(DagRun.dag_id == dag_id)
        .order_by(*NEWEST_FIRST)
        .limit(SHOWN)
    ).all()
    if not runs:
        return _no_run(session, dag_id)
    if not session.scalar(select(_has_run_the_task(dag_id))):
        return no_such_task("it has no versions to compare")
    n_runs = session.scalar(select(func.count()).where(DagRun.dag_id == dag_id)) or 0
    present = champions(session, [dag_id])
    return History(
        dag_id,
        _past(session, runs, present),
        left_out=n_runs - len(runs),
        champion=present[dag_id],
    )


def version(session: Session, dag_id: str, run_id: str) -> Version | NoSummary:
    """One run that left a summary, or the reason why there is none of that name."""
    left = find(session, dag_id, run_id)
    if isinstance(left, NoSummary):
        # Addresses in it lead from the page of the run, which is one level further down.
        log = left.log.removeprefix("../")
        return replace(left, text=f"Of run {run_id!r}: {left.text}", log=log)
    run = session.execute(
        select(DagRun.run_after, DagRun.state).where(
            DagRun.dag_id == dag_id, DagRun.run_id == run_id
        )
    ).one()
    stands = standings(session, {(dag_id, run_id): left}, champions(session, [dag_id]))
    return Version(
        run_id=run_id,
        date=run.run_after,
        state=run.state,
        summary=left.summary,
        standing=stands[dag_id, run_id],
    )


def segmentation_dags(session: Session) -> dict[str, str]:
    """The ids and descriptions of all DAGs that train a segmentation, whoever may read them.

    Those that have run are known by their tasks. Of the others only those with this project's
    names are looked into, for that means to load what the DAG processor stored of them.
    """
    rows = session.execute(
        select(DagModel.dag_id, DagModel.description, _has_run_the_task(DagModel.dag_id))
        .where(
            DagModel.is_stale.is_(False),
            or_(
                _has_run_the_task(DagModel.dag_id),
                DagModel.dag_id.endswith(SUFFIX, autoescape=True),
            ),
        )
        .order_by(DagModel.dag_id)
    ).all()
    defined = _with_the_task(session, [dag_id for dag_id, _, has_run in rows if not has_run])
    return {
        dag_id: description or ""
        for dag_id, description, has_run in rows
        if has_run or dag_id in defined
    }


def segmentations(session: Session, dags: dict[str, str]) -> list[Segmentation]:
    """Where each of these DAGs stands; `dags` are ids and descriptions."""
    runs = {
        run.dag_id: Run(run_id=run.run_id, date=run.run_after, state=run.state)
        for run in session.execute(_newest(select(DagRun.id), dags, _RUN))
    }
    rows = session.execute(
        _newest(select(DagRun.id).join(Summaries, LEFT_SUMMARY), dags, COLUMNS)
        .join(Summaries, LEFT_SUMMARY)
        .outerjoin(Outcomes, LEFT_OUTCOME)
    ).all()
    present = champions(session, dags)
    past = _past(session, rows, present)
    versions = {row.dag_id: run for row, run in zip(rows, past, strict=True)}
    return [
        Segmentation(dag_id, description, runs.get(dag_id), versions.get(dag_id), present[dag_id])
        for dag_id, description in dags.items()
    ]


def _newest(among: Select[Any], dag_ids: Collection[str], columns: Sequence[Any]) -> Select[Any]:
    """Those columns of the newest of these runs, for each DAG."""
    place = func.row_number().over(partition_by=DagRun.dag_id, order_by=NEWEST_FIRST)
    ranked = among.add_columns(place.label("place")).where(DagRun.dag_id.in_(dag_ids)).subquery()
    first = select(ranked.c.id).where(ranked.c.place == 1)
    return select(*columns).where(DagRun.id.in_(first))


def _past(
    session: Session, runs: Sequence[Row[Any]], present: Mapping[str, Champion | None]
) -> list[Run]:
    """Each of the runs with what it left, and how its version stands."""
    left = {(run.dag_id, run.run_id): None if run.summary is None else found(run) for run in runs}
    versions = {ids: each for ids, each in left.items() if isinstance(each, Found)}
    stands = standings(session, versions, present)
    past: list[Run] = []
    for run in runs:
        ids = (run.dag_id, run.run_id)
        known = {"run_id": run.run_id, "date": run.run_after, "state": run.state}
        each = left[ids]
        if isinstance(each, Found):
            past.append(Version(**known, summary=each.summary, standing=stands[ids]))
        elif each is not None:
            past.append(Run(**known, note=each.title))
        else:
            going = run.state in (DagRunState.QUEUED, DagRunState.RUNNING)
            past.append(Run(**known, note="No summary yet" if going else "No summary"))
    return past


def _no_run(session: Session, dag_id: str) -> NoSummary:
    if session.get(DagModel, dag_id) is None:
        return NoSummary(
            "No such DAG", f"Airflow knows no DAG {dag_id!r}. It may be deleted.", status=404
        )
    if not _with_the_task(session, [dag_id]):
        return no_such_task("it has no versions to compare")
    return NoSummary(
        "No run yet",
        "Each run trains a version of this segmentation, and this page compares them. To start "
        "the first one, press Trigger at the top of the DAG's page. If the DAG is paused, switch "
        "it on there as well.",
    )


def _has_run_the_task(dag_id: Any) -> ColumnElement[bool]:
    return exists().where(TaskInstance.dag_id == dag_id, TaskInstance.task_id == TASK)


def _with_the_task(session: Session, dag_ids: list[str]) -> set[str]:
    """Those of the DAGs whose newest version has the task that leaves a summary."""
    if not dag_ids:
        return set()
    stored = SerializedDagModel.get_latest_serialized_dags(dag_ids=dag_ids, session=session)
    return {dag.dag_id for dag in stored if TASK in _tasks(dag.data)}


def _tasks(stored: dict[str, Any] | None) -> set[str]:
    tasks = (stored or {}).get("dag", {}).get("tasks", [])
    return {task.get("__var", {}).get("task_id") for task in tasks}
