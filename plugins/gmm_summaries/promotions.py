"""What the metadata database knows of promotions: the champions, and how versions stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XCOM_RETURN_KEY, XComModel
from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from include.gmm.page.reason import NoSummary
from include.gmm.page.status import Champion, Decision, Status, champion, status_of
from plugins.gmm_summaries.dags import ROLLBACK, TRAINING
from plugins.gmm_summaries.parsing import OUTCOME, parse
from plugins.gmm_summaries.runs import Found, Outcomes, returned_by, value_of
from plugins.gmm_summaries.states import APPROVAL, PROMOTION, Attempt, undecided

RECENT = 20  # decisions of a DAG among which its champion is looked for


def champions(session: Session, dag_ids: Collection[str]) -> dict[str, Champion | None]:
    """The champion of each training DAG as its latest decisions and rollbacks tell.

    Those that cannot be read count as nothing.
    """
    training = {
        sibling: dag_id for dag_id in dag_ids if (sibling := TRAINING.sibling(dag_id, ROLLBACK))
    }
    decides = or_(
        and_(XComModel.dag_id.in_(dag_ids), XComModel.task_id == PROMOTION),
        and_(XComModel.dag_id.in_(training), XComModel.task_id == ROLLBACK.task_id),
    )
    place = func.row_number().over(
        partition_by=XComModel.dag_id,
        order_by=(XComModel.timestamp.desc(), XComModel.dag_run_id.desc()),
    )
    ranked = (
        select(XComModel.dag_run_id, XComModel.task_id, place.label("place"))
        .where(decides, XComModel.map_index == -1, XComModel.key == XCOM_RETURN_KEY)
        .subquery()
    )
    value = value_of(Outcomes).label("value")
    rows = session.execute(
        select(DagRun.dag_id, DagRun.run_id, DagRun.run_after, Outcomes.timestamp, value)
        .join(ranked, ranked.c.dag_run_id == DagRun.id)
        .join(Outcomes, returned_by(ranked.c.task_id, Outcomes))
        .where(ranked.c.place <= RECENT)
        .order_by(ranked.c.place)
    )
    decisions: dict[str, list[Decision]] = defaultdict(list)
    for row in rows:
        promoted = parse(row.value, OUTCOME)
        if not isinstance(promoted, NoSummary):
            rollback = row.dag_id in training
            decision = Decision(row.run_id, row.run_after, row.timestamp, promoted, rollback)
            decisions[training.get(row.dag_id, row.dag_id)].append(decision)
    return {dag_id: champion(decisions[dag_id]) for dag_id in dag_ids}


def standings(
    session: Session,
    runs: Mapping[tuple[str, str], Found],
    present: Mapping[str, Champion | None],
) -> dict[tuple[str, str], Status]:
    """How the versions of these runs stand, by the ids of DAG and run."""
    waiting = [ids for ids, found in runs.items() if found.decision is None]
    attempts: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
    if waiting:
        for row in session.execute(
            select(
                TaskInstance.dag_id,
                TaskInstance.run_id,
                TaskInstance.task_id,
                TaskInstance.map_index,
                TaskInstance.state,
                TaskInstance.end_date,
            ).where(
                tuple_(TaskInstance.dag_id, TaskInstance.run_id).in_(waiting),
                TaskInstance.task_id.in_((APPROVAL, PROMOTION)),
            )
        ):
            attempt = Attempt(row.task_id, row.map_index, row.state, row.end_date)
            attempts[row.dag_id, row.run_id].append(attempt)
    return {
        ids: status_of(
            found.summary.version,
            found.decision or undecided(*ids, attempts[ids]),
            present[ids[0]],
        )
        for ids, found in runs.items()
    }
