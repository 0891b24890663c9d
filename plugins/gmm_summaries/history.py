"""What the metadata database knows of the runs of DAGs that train, and of their versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from airflow.models.dagrun import DagRun
from airflow.utils.state import DagRunState
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from include.gmm.page.past import History, Run, Segmentation, Version
from include.gmm.page.reason import NoSummary
from include.gmm.page.standing import Champion
from plugins.gmm_summaries.promotions import champions, standings
from plugins.gmm_summaries.runs import (
    COLUMNS,
    NEWEST_FIRST,
    RUN,
    SHOWN,
    Found,
    find,
    found,
    n_runs,
    newest,
)
from plugins.gmm_summaries.xcoms import LEFT_OUTCOME, LEFT_SUMMARY, Outcomes, Summaries


def history(session: Session, dag_id: str) -> History:
    """The newest runs of a DAG that trains."""
    runs = session.execute(
        select(*COLUMNS)
        .outerjoin(Summaries, LEFT_SUMMARY)
        .outerjoin(Outcomes, LEFT_OUTCOME)
        .where(DagRun.dag_id == dag_id)
        .order_by(*NEWEST_FIRST)
        .limit(SHOWN)
    ).all()
    present = champions(session, [dag_id])
    return History(
        dag_id,
        _past(session, runs, present),
        left_out=n_runs(session, dag_id) - len(runs),
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


def segmentations(session: Session, dags: dict[str, str]) -> list[Segmentation]:
    """Where each of these DAGs stands; `dags` are ids and descriptions."""
    runs = {
        run.dag_id: Run(run_id=run.run_id, date=run.run_after, state=run.state)
        for run in session.execute(newest(select(DagRun.id), dags, RUN))
    }
    rows = session.execute(
        newest(select(DagRun.id).join(Summaries, LEFT_SUMMARY), dags, COLUMNS)
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
