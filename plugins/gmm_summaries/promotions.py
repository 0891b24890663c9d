"""What the metadata database knows of promotions: the champions, and how versions stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from airflow.models.asset import AssetEvent, AssetModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from pydantic import BaseModel, ValidationError
from sqlalchemy import Text as SqlText
from sqlalchemy import and_, cast, func, select, tuple_
from sqlalchemy.orm import Session

from include.gmm.page.status import Champion, Maker, Status, status_of
from include.gmm.parts import Text
from include.gmm.promotion_record import Appointment
from plugins.gmm_summaries.dags import TRAINING
from plugins.gmm_summaries.runs import Found
from plugins.gmm_summaries.states import APPROVAL, PROMOTION, Attempt, undecided

RECENT = 20  # events among which the run that made the champion is looked for


class _Version(BaseModel):
    version: Text


class _Record(Appointment):
    """What the tab reads of a champion's record."""

    reference: _Version


def champions(session: Session, dag_ids: Collection[str]) -> dict[str, Champion | None]:
    """The champion of each training DAG, as the latest event of its Asset tells.

    Events that cannot be read count as nothing.
    """
    assets = {TRAINING.asset(dag_id): dag_id for dag_id in dag_ids}
    place = func.row_number().over(
        partition_by=AssetEvent.asset_id,
        order_by=(AssetEvent.timestamp.desc(), AssetEvent.id.desc()),
    )
    ranked = (
        select(AssetEvent.id, AssetModel.name, place.label("place"))
        .join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        .where(AssetModel.name.in_(assets))
        .subquery()
    )
    extra = cast(AssetEvent.extra, SqlText).label("extra")
    rows = session.execute(
        select(ranked.c.name, extra, AssetEvent.source_run_id, DagRun.dag_id, DagRun.run_after)
        .join(ranked, ranked.c.id == AssetEvent.id)
        .outerjoin(
            DagRun,
            and_(
                DagRun.dag_id == AssetEvent.source_dag_id,
                DagRun.run_id == AssetEvent.source_run_id,
            ),
        )
        .where(ranked.c.place <= RECENT)
        .order_by(ranked.c.place)
    )
    events: dict[str, list[tuple[_Record, Maker | None]]] = defaultdict(list)
    for row in rows:
        with suppress(ValidationError):
            record = _Record.model_validate_json(row.extra)
            dag_id = assets[row.name]
            # Of a champion that somebody made at the command line a run only tells.
            made = row.dag_id == dag_id and record.actor.endswith(
                f"{dag_id}, run {row.source_run_id}"
            )
            maker = Maker(row.source_run_id, row.run_after) if made else None
            events[dag_id].append((record, maker))
    return {dag_id: _latest(events[dag_id]) for dag_id in dag_ids}


def _latest(events: Sequence[tuple[_Record, Maker | None]]) -> Champion | None:
    """The champion by these events, the newest first."""
    if not events:
        return None
    record, _ = events[0]
    version = record.reference.version
    makers = (
        maker
        for each, maker in events
        if each.reference.version == version and each.cause != "rollback"
    )
    return Champion(version, record, next(makers, None))


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
