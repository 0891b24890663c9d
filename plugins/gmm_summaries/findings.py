"""What a run or a DAG has to show in the tab, which the kind of the DAG decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from airflow.models.dag import DagModel
from airflow.utils.state import DagRunState, TaskInstanceState
from sqlalchemy import Row
from sqlalchemy.orm import Session

from include.gmm.drift import Drift
from include.gmm.page.actions import Action
from include.gmm.page.drift_pages import DriftHistory, Monitor, Monitored
from include.gmm.page.history import History, Run, Segmentation, Version
from include.gmm.page.reason import NoSummary
from include.gmm.page.status import Champion
from plugins.gmm_summaries import runs
from plugins.gmm_summaries.dags import MONITORING, ROLLBACK, SCORING, TRAINING, Kind, kind_of
from plugins.gmm_summaries.parsing import DRIFT, PUBLISHED, ROLLED_BACK, Returned, parse
from plugins.gmm_summaries.promotions import champions, standings
from plugins.gmm_summaries.runs import Found, find, find_returned
from plugins.gmm_summaries.states import NO_CHAMPION, no_such_task

_ACTIONS: dict[Kind, Returned[Any]] = {SCORING: PUBLISHED, ROLLBACK: ROLLED_BACK}


def of_run(session: Session, dag_id: str, run_id: str) -> Found | Drift | Action | NoSummary:
    """What this very run of this very DAG left, or the reason why there is nothing."""
    kind = kind_of(session, dag_id)
    if kind is MONITORING:
        return find_returned(session, MONITORING, DRIFT, dag_id, run_id)
    if kind in _ACTIONS:
        left = find_returned(session, kind, _ACTIONS[kind], dag_id, run_id)
        return _action(kind, dag_id, left)
    return find(session, dag_id, run_id)


def of_dag(session: Session, dag_id: str) -> History | DriftHistory | Action | NoSummary:
    """What the newest runs of a DAG left, or the reason why there is nothing to tell of them."""
    kind = kind_of(session, dag_id)
    has_run = runs.has_run(session, dag_id)
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
        return _action(kind, dag_id, not_yet) if kind in _ACTIONS else not_yet
    if kind in _ACTIONS:
        return _newest_action(session, kind, dag_id)
    if kind is MONITORING:
        return _drift_history(session, dag_id)
    return _history(session, dag_id)


def version(session: Session, dag_id: str, run_id: str) -> Version | NoSummary:
    """One run that left a summary, or the reason why there is none of that name."""
    left = find(session, dag_id, run_id)
    if isinstance(left, NoSummary):
        # Addresses in it lead from the page of the run, which is one level further down.
        log = left.log.removeprefix("../")
        return replace(left, text=f"Of run {run_id!r}: {left.text}", log=log)
    run = runs.known(session, dag_id, run_id)
    stands = standings(session, {(dag_id, run_id): left}, champions(session, [dag_id]))
    return Version(
        run_id=run_id,
        date=run.run_after,
        state=run.state,
        summary=left.summary,
        status=stands[dag_id, run_id],
    )


def segmentations(session: Session, dags: dict[str, str]) -> list[Segmentation]:
    """Where each of these DAGs stands; `dags` are ids and descriptions."""
    latest = {
        run.dag_id: Run(run_id=run.run_id, date=run.run_after, state=run.state)
        for run in runs.newest_runs(session, dags)
    }
    rows = runs.newest_trained(session, dags)
    present = champions(session, dags)
    each = _with_versions(session, rows, present)
    versions = {row.dag_id: run for row, run in zip(rows, each, strict=True)}
    return [
        Segmentation(dag_id, description, latest.get(dag_id), versions.get(dag_id), present[dag_id])
        for dag_id, description in dags.items()
    ]


def monitors(session: Session, dag_ids: Collection[str]) -> dict[str, Monitor]:
    """These DAGs by those whose champion they watch, with their newest measurements."""
    measured = {run.dag_id: _measured(run) for run in runs.newest_returned(session, dag_ids, DRIFT)}
    return {
        watched: Monitor(dag_id, measured.get(dag_id))
        for dag_id in dag_ids
        if (watched := MONITORING.sibling(dag_id, TRAINING))
    }


def _history(session: Session, dag_id: str) -> History:
    """The newest runs of a DAG that trains."""
    rows = runs.trained(session, dag_id)
    present = champions(session, [dag_id])
    return History(
        dag_id,
        _with_versions(session, rows, present),
        left_out=runs.n_runs(session, dag_id) - len(rows),
        champion=present[dag_id],
    )


def _with_versions(
    session: Session, rows: Sequence[Row[Any]], present: Mapping[str, Champion | None]
) -> list[Run]:
    """Each of the runs with what it left, and how its version stands."""
    left = {
        (run.dag_id, run.run_id): None if run.summary is None else runs.found(run) for run in rows
    }
    versions = {ids: each for ids, each in left.items() if isinstance(each, Found)}
    stands = standings(session, versions, present)
    found: list[Run] = []
    for run in rows:
        ids = (run.dag_id, run.run_id)
        known = {"run_id": run.run_id, "date": run.run_after, "state": run.state}
        each = left[ids]
        if isinstance(each, Found):
            found.append(Version(**known, summary=each.summary, status=stands[ids]))
        elif each is not None:
            found.append(Run(**known, note=each.title))
        else:
            going = run.state in (DagRunState.QUEUED, DagRunState.RUNNING)
            found.append(Run(**known, note="No summary yet" if going else "No summary"))
    return found


def _drift_history(session: Session, dag_id: str) -> DriftHistory:
    """The newest runs of a DAG that monitors."""
    rows = runs.monitored(session, dag_id)
    return DriftHistory(
        dag_id,
        [_measured(run, _without(run)) for run in rows],
        left_out=runs.n_runs(session, dag_id) - len(rows),
    )


def _measured(run: Row[Any], without: str = "") -> Run:
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


def _action(kind: Kind, dag_id: str, left: Any, newest_run: Run | None = None) -> Action:
    """A DAG of this kind, with what is to be told of it."""
    return Action(
        "scores" if kind is SCORING else "rollback",
        dag_id,
        kind.sibling(dag_id, TRAINING),
        left,
        newest_run,
    )


def _newest_action(session: Session, kind: Kind, dag_id: str) -> Action:
    """What the newest run that left something left."""
    rows = runs.newest_returned(session, [dag_id], _ACTIONS[kind])
    if not rows:
        text = f"No run has left a {kind.left} so far. The page of each run says how far it came."
        return _action(kind, dag_id, NoSummary(f"No {kind.left} yet", text))
    (run,) = rows
    found = Run(run_id=run.run_id, date=run.run_after, state=run.state)
    return _action(kind, dag_id, parse(run.value, _ACTIONS[kind]), found)
