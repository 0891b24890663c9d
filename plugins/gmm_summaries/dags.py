"""The kinds of DAGs that this project makes, and which of them a DAG is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow.models.dag import DagModel
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import TaskInstance
from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Kind:
    """By what the DAGs of a kind are known, and how the tab speaks of their runs."""

    suffix: str  # of their ids in this project
    task_id: str  # what this task leaves is what the tab shows
    left: str  # what people call that
    does: str  # "Each run" and this
    needs_champion: bool  # without one the task is skipped

    def sibling(self, dag_id: str, other: Kind) -> str | None:
        """The id of the other kind's DAG for the segmentation of this one, if ids are usual."""
        name = dag_id.removesuffix(self.suffix)
        return None if name == dag_id else f"{name}{other.suffix}"

    def asset(self, dag_id: str) -> str:
        """The name of the Asset of the champion of this DAG's segmentation."""
        return f"{dag_id.removesuffix(self.suffix)}_champion"


TRAINING = Kind(
    "_train",
    "load_model_and_evaluate",
    "summary",
    "trains a version of this segmentation, and this page compares them",
    needs_champion=False,
)
MONITORING = Kind(
    "_monitor",
    "measure_drift",
    "measurement",
    "measures how far the data have drifted, and this page shows it over time",
    needs_champion=True,
)
SCORING = Kind(
    "_score",
    "publish_scores",
    "result",
    "publishes the scores of all rows, and this page tells of the newest ones",
    needs_champion=True,
)
ROLLBACK = Kind(
    "_rollback",
    "roll_back",
    "result",
    "goes one champion back, and this page tells of the newest one",
    needs_champion=False,
)
KINDS = (TRAINING, MONITORING, SCORING, ROLLBACK)


def kind_of(session: Session, dag_id: str) -> Kind | None:
    """The kind of a DAG by the tasks that it has run, or else by those that it is defined with.

    None if it is of no such kind, or does not exist.
    """
    have_run = session.execute(select(*(_has_run(dag_id, kind) for kind in KINDS))).one()
    for kind, has_run in zip(KINDS, have_run, strict=True):
        if has_run:
            return kind
    tasks = _defined(session, [dag_id]).get(dag_id, set())
    return next((kind for kind in KINDS if kind.task_id in tasks), None)


def dags_of(session: Session, kind: Kind) -> dict[str, str]:
    """The ids and descriptions of all DAGs of a kind, whoever may read them.

    Those that have run are known by their tasks. Of the others only those with this project's
    names are looked into, for that means to load what the DAG processor stored of them.
    """
    has_run = _has_run(DagModel.dag_id, kind)
    rows = session.execute(
        select(DagModel.dag_id, DagModel.description, has_run)
        .where(
            DagModel.is_stale.is_(False),
            or_(has_run, DagModel.dag_id.endswith(kind.suffix, autoescape=True)),
        )
        .order_by(DagModel.dag_id)
    ).all()
    defined = _defined(session, [dag_id for dag_id, _, known in rows if not known])
    return {
        dag_id: description or ""
        for dag_id, description, known in rows
        if known or kind.task_id in defined.get(dag_id, set())
    }


def _has_run(dag_id: Any, kind: Kind) -> ColumnElement[bool]:
    return exists().where(TaskInstance.dag_id == dag_id, TaskInstance.task_id == kind.task_id)


def _defined(session: Session, dag_ids: list[str]) -> dict[str, set[str]]:
    """The tasks of the newest version of each of these DAGs that Airflow has stored."""
    if not dag_ids:
        return {}
    stored = SerializedDagModel.get_latest_serialized_dags(dag_ids=dag_ids, session=session)
    return {dag.dag_id: _tasks(dag.data) for dag in stored}


def _tasks(stored: dict[str, Any] | None) -> set[str]:
    tasks = (stored or {}).get("dag", {}).get("tasks", [])
    return {task.get("__var", {}).get("task_id") for task in tasks}
