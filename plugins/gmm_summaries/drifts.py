"""What the metadata database knows of the runs of DAGs that monitor, and of their measurements."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.utils.state import DagRunState, TaskInstanceState
from sqlalchemy import Row, and_, select
from sqlalchemy.orm import Session

from include.gmm.page.drift import DriftHistory, Monitor, Monitored
from include.gmm.page.past import Run
from include.gmm.page.reason import NoSummary
from plugins.gmm_summaries.kinds import MONITORING, TRAINING
from plugins.gmm_summaries.runs import NEWEST_FIRST, RUN, SHOWN, VALUE, n_runs, newest_returned
from plugins.gmm_summaries.states import NO_CHAMPION
from plugins.gmm_summaries.xcoms import DRIFT, parse, returned_by

_LEFT = returned_by(DRIFT.task_id, XComModel)
_ATTEMPT = and_(
    TaskInstance.dag_id == DagRun.dag_id,
    TaskInstance.run_id == DagRun.run_id,
    TaskInstance.task_id == DRIFT.task_id,
    TaskInstance.map_index == -1,
)


def history(session: Session, dag_id: str) -> DriftHistory:
    """The newest runs of a DAG that monitors."""
    runs = session.execute(
        select(*RUN, VALUE, TaskInstance.state.label("ended"))
        .outerjoin(XComModel, _LEFT)
        .outerjoin(TaskInstance, _ATTEMPT)
        .where(DagRun.dag_id == dag_id)
        .order_by(*NEWEST_FIRST)
        .limit(SHOWN)
    ).all()
    return DriftHistory(
        dag_id,
        [_past(run, _without(run)) for run in runs],
        left_out=n_runs(session, dag_id) - len(runs),
    )


def monitors(session: Session, dag_ids: Collection[str]) -> dict[str, Monitor]:
    """These DAGs by those whose champion they watch, with their newest measurements."""
    measured = {run.dag_id: _past(run) for run in newest_returned(session, dag_ids, DRIFT)}
    return {
        watched: Monitor(dag_id, measured.get(dag_id))
        for dag_id in dag_ids
        if (watched := MONITORING.sibling(dag_id, TRAINING))
    }


def _past(run: Row[Any], without: str = "") -> Run:
    known = {"run_id": run.run_id, "date": run.run_after, "state": run.state}
    if run.value is None:
        return Run(**known, note=without)
    drift = parse(run.value, DRIFT)
    if isinstance(drift, NoSummary):
        return Run(**known, note=drift.title)
    return Monitored(**known, drift=drift)


def _without(run: Row[Any]) -> str:
    """Why it has no measurement, in short."""
    if run.ended == TaskInstanceState.SKIPPED:
        return NO_CHAMPION
    going = run.state in (DagRunState.QUEUED, DagRunState.RUNNING)
    return "No measurement yet" if going else "No measurement"
