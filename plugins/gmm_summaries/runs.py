"""What the metadata database knows of a run: its summary, or why there is none."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XCOM_RETURN_KEY, XComModel
from airflow.utils.session import create_session
from pydantic import ValidationError
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from include.gmm.page.reason import NoSummary
from include.gmm.page.standing import Standing
from include.gmm.summary import Summary
from plugins.gmm_summaries.states import TASK, Attempt, why_none

SCHEMA = Summary.model_fields["schema_version"].default
FAULTS_SHOWN = 5
# The summary of a run, by the primary key of the XComs: the database looks at one row.
LEFT_SUMMARY = and_(
    XComModel.dag_run_id == DagRun.id,
    XComModel.task_id == TASK,
    XComModel.map_index == -1,
    XComModel.key == XCOM_RETURN_KEY,
)


@contextlib.contextmanager
def reading() -> Iterator[Session]:
    """A session for the queries of one page, and no longer.

    FastAPI closes the sessions that it hands out after the answer, on the event loop. The loop
    itself waits for a connection in Airflow's middleware: with every connection held by an answer
    that waits for the loop, twenty readers at once bring the server to a halt.
    """
    with create_session(scoped=False) as session:
        yield session


def find(session: Session, dag_id: str, run_id: str) -> Summary | NoSummary:
    """The summary that this very run of this very DAG left, or the reason why there is none."""
    run = session.execute(
        select(DagRun.state, XComModel.value)
        .outerjoin(XComModel, LEFT_SUMMARY)
        .where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    ).first()
    if run is None:
        return NoSummary(
            "No such run", f"DAG {dag_id!r} has no run {run_id!r}. It may be deleted.", status=404
        )
    if run.value is not None:
        return parse(run.value)
    attempts = session.execute(
        select(
            TaskInstance.task_id, TaskInstance.map_index, TaskInstance.state, TaskInstance.end_date
        ).where(TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
    )
    return why_none(dag_id, run_id, run.state, [Attempt(*attempt) for attempt in attempts])


def standing(session: Session, dag_id: str, run_id: str) -> Standing | None:
    """Whether the DAG's newest version is of this run; None if no run of it left a summary."""
    newest = session.execute(
        select(DagRun.run_id, DagRun.run_after)
        .join(XComModel, LEFT_SUMMARY)
        .where(DagRun.dag_id == dag_id)
        .order_by(DagRun.run_after.desc(), DagRun.id.desc())
        .limit(1)
    ).first()
    if newest is None:
        return None
    return Standing(newest.run_id == run_id, newest.run_id, newest.run_after)


def parse(value: Any) -> Summary | NoSummary:
    """A stored XCom as a Summary. Plain JSON alone: nothing in it can become another object."""
    if isinstance(value, str):  # at once, in half the time; whatever is amiss is found out below
        with contextlib.suppress(ValidationError):
            return Summary.model_validate_json(value)
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
        return _unreadable(_of_another_schema(version))
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


def _of_another_schema(version: Any) -> str:
    both = f"The run wrote its summary with schema {version!r}, and this tab reads schema {SCHEMA}."
    if isinstance(version, int) and version < SCHEMA:
        return (
            f"{both} An older release of the project wrote it. Trigger the DAG to train a version "
            f"with schema {SCHEMA}; to see this one, deploy the release that wrote it."
        )
    if isinstance(version, int):
        return (
            f"{both} A newer release of the project wrote it. Deploy that release, or one after "
            "it, to the API server."
        )
    return f"{both} No release of the project writes that. Trigger the DAG to train a version."


def _unreadable(text: str, *details: str) -> NoSummary:
    return NoSummary("This summary cannot be read", text, details)
