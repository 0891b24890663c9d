"""What the tab tells of a DAG and of a run, which the kind of the DAG decides."""

from __future__ import annotations

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from include.gmm.monitoring.drift import Drift
from include.gmm.page.acts import Act
from include.gmm.page.drift import DriftHistory
from include.gmm.page.past import History
from include.gmm.page.reason import NoSummary
from plugins.gmm_summaries import acts, drifts, history
from plugins.gmm_summaries.kinds import MONITORING, kind_of
from plugins.gmm_summaries.runs import Found, find, find_returned
from plugins.gmm_summaries.states import no_such_task
from plugins.gmm_summaries.xcoms import DRIFT


def of_run(session: Session, dag_id: str, run_id: str) -> Found | Drift | Act | NoSummary:
    """What this very run of this very DAG left, or the reason why there is nothing."""
    kind = kind_of(session, dag_id)
    if kind is MONITORING:
        return find_returned(session, MONITORING, DRIFT, dag_id, run_id)
    if kind in acts.RETURNED:
        return acts.of_run(session, kind, dag_id, run_id)
    return find(session, dag_id, run_id)


def of_dag(session: Session, dag_id: str) -> History | DriftHistory | Act | NoSummary:
    """What the newest runs of a DAG left, or the reason why there is nothing to tell of them."""
    kind = kind_of(session, dag_id)
    has_run = session.scalar(select(exists().where(DagRun.dag_id == dag_id)))
    if not has_run and session.get(DagModel, dag_id) is None:
        return NoSummary(
            "No such DAG", f"Airflow knows no DAG {dag_id!r}. It may be deleted.", status=404
        )
    if kind is None:
        return no_such_task()
    if not has_run:
        not_yet = NoSummary(
            "No run yet",
            f"Each run {kind.does}. To start the first one, press Trigger at the top of the DAG's "
            "page. If the DAG is paused, switch it on there as well.",
        )
        return acts.act(kind, dag_id, not_yet) if kind in acts.RETURNED else not_yet
    if kind in acts.RETURNED:
        return acts.newest(session, kind, dag_id)
    if kind is MONITORING:
        return drifts.history(session, dag_id)
    return history.history(session, dag_id)
