"""What the metadata database knows of a run: its summary, or why there is none."""

from __future__ import annotations

import json
from typing import Any

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XCOM_RETURN_KEY, XComModel
from airflow.utils.state import DagRunState, TaskInstanceState
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from include.gmm.page.reason import NoSummary
from include.gmm.summary import Summary

TASK = "load_model_and_evaluate"
SCHEMA = Summary.model_fields["schema_version"].default
FAULTS_SHOWN = 5


def find(session: Session, dag_id: str, run_id: str) -> Summary | NoSummary:
    """The summary that this very run of this very DAG left, or the reason why there is none."""
    state_of_run = session.scalar(
        select(DagRun.state).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    )
    if state_of_run is None:
        return NoSummary(
            "No such run", f"DAG {dag_id!r} has no run {run_id!r}. It may be deleted.", status=404
        )
    stored = session.execute(
        select(XComModel.value).where(
            XComModel.dag_id == dag_id,
            XComModel.run_id == run_id,
            XComModel.task_id == TASK,
            XComModel.map_index == -1,
            XComModel.key == XCOM_RETURN_KEY,
        )
    ).first()
    if stored is not None and stored.value is not None:
        return parse(stored.value)
    states = {
        row.task_id: row.state
        for row in session.execute(
            select(TaskInstance.task_id, TaskInstance.state)
            .where(TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
            .order_by(TaskInstance.end_date)
        )
    }
    return _why_none(state_of_run, states)


def parse(value: Any) -> Summary | NoSummary:
    """A stored XCom as a Summary. Plain JSON alone: nothing in it can become another object."""
    try:
        content = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return _unreadable(
            f"Task {TASK} returned something else than a summary. If XComs are kept outside the "
            "metadata database (a custom XCom backend), this tab cannot see them."
        )
    version = content.get("schema_version", SCHEMA)
    if version != SCHEMA:
        return _unreadable(
            f"The run wrote its summary with schema {version!r}, and this tab reads schema "
            f"{SCHEMA}. Deploy the version of the project that wrote it, or run the DAG again."
        )
    try:
        return Summary.model_validate(content)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        ]
        return _unreadable(
            f"It claims to follow schema {SCHEMA}, but does not. Run the DAG again to replace it.",
            *faults[:FAULTS_SHOWN],
            *([f"and {len(faults) - FAULTS_SHOWN} more"] if len(faults) > FAULTS_SHOWN else []),
        )


def _unreadable(text: str, *details: str) -> NoSummary:
    return NoSummary("This summary cannot be read", text, details)


def _why_none(state_of_run: str, states: dict[str, str | None]) -> NoSummary:
    if states and TASK not in states:
        return NoSummary(
            "No clusters here",
            f"This DAG has no task {TASK}, so its runs find no clusters. "
            "This tab is for the DAGs that train a segmentation.",
        )
    if state_of_run in (DagRunState.QUEUED, DagRunState.RUNNING):
        return NoSummary(
            "The run is still going",
            f"The clusters appear here as soon as task {TASK} has succeeded. "
            "This page looks again by itself.",
            waiting=True,
        )
    if failed := [task for task, state in states.items() if state == TaskInstanceState.FAILED]:
        return NoSummary(
            "The run failed",
            "It ended before there was a model to show. The log of the failed task says why; "
            "it is in the tab Task Instances.",
            tuple(f"Failed: {task}" for task in failed),
        )
    ended = states.get(TASK) or "never started"
    return NoSummary(
        "The run left no summary",
        f"The run ended as {state_of_run}, its task {TASK} as: {ended}. "
        "Clear that task to run it again.",
    )
