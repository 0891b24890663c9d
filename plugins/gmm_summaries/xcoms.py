"""What the tasks of a run returned, as the metadata database keeps it."""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import dataclass
from typing import Any

from airflow.models.dagrun import DagRun
from airflow.models.xcom import XCOM_RETURN_KEY, XComModel
from pydantic import BaseModel, ValidationError
from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import aliased

from include.gmm.monitoring.drift import Drift
from include.gmm.page.acts import Published
from include.gmm.page.reason import NoSummary
from include.gmm.summary import Promoted, Succession, Summary
from plugins.gmm_summaries.kinds import MONITORING, ROLLBACK, SCORING, TRAINING
from plugins.gmm_summaries.states import PROMOTION

FAULTS_SHOWN = 5


@dataclass(frozen=True)
class Returned[T: BaseModel]:
    """What a task returns, and what people call it."""

    model: type[T]
    task_id: str
    name: str

    @property
    def schema(self) -> int:
        """The version of the schema that can be read."""
        return int(self.model.model_fields["schema_version"].default)


SUMMARY = Returned(Summary, TRAINING.task_id, TRAINING.left)
OUTCOME = Returned(Promoted, PROMOTION, "decision")
DRIFT = Returned(Drift, MONITORING.task_id, MONITORING.left)
PUBLISHED = Returned(Published, SCORING.task_id, SCORING.left)
ROLLED_BACK = Returned(Promoted, ROLLBACK.task_id, ROLLBACK.left)
Summaries, Outcomes = aliased(XComModel), aliased(XComModel)


def returned_by(task_id: str | ColumnElement[str], xcoms: Any) -> ColumnElement[bool]:
    """What the task of a DagRun returned, by the primary key: the database looks at one row."""
    return and_(
        xcoms.dag_run_id == DagRun.id,
        xcoms.task_id == task_id,
        xcoms.map_index == -1,
        xcoms.key == XCOM_RETURN_KEY,
    )


LEFT_SUMMARY = returned_by(TRAINING.task_id, Summaries)
LEFT_OUTCOME = returned_by(PROMOTION, Outcomes)


def parse[T: BaseModel](value: Any, returned: Returned[T]) -> T | NoSummary:
    """A stored XCom as what it should be. Plain JSON alone: nothing in it can become an object."""
    found = _validated(value, returned)
    if not _whole(found):
        return unreadable(
            returned, "Its parts do not fit each other. Run the DAG again to replace it."
        )
    return found


def fits(succession: Succession, segments: int) -> bool:
    """Whether its numbers are of that many segments, and of the champion's that it names."""
    return (
        len(set(succession.segment_ids)) == len(succession.segment_ids) == segments
        and len(succession.flow) == len(succession.former)
        and all(len(row) == segments for row in succession.flow)
    )


def unreadable(returned: Returned[Any], text: str, *details: str) -> NoSummary:
    """Why what a task returned is of no use."""
    return NoSummary(f"This {returned.name} cannot be read", text, details)


def _whole(found: BaseModel | NoSummary) -> bool:
    """Whether the parts that a page holds against each other fit."""
    if isinstance(found, Drift):
        parts = [(each.then, each.now) for each in found.segments]
        parts += [both for each in found.features for both in zip(each.then, each.now, strict=True)]
        # A chart divides values by thresholds, and would draw nothing of an infinite quotient.
        return all(0 <= share <= 1 for both in parts for share in both) and all(
            math.isfinite(each.value / each.threshold) for each in found.measures
        )
    if not isinstance(found, Summary):
        return True
    numbers = tuple(segment.number for segment in found.segments)
    return (
        fits(found.succession, len(numbers))
        and numbers == found.succession.segment_ids
        and set(found.sample.segments) <= set(numbers)
    )


def _validated[T: BaseModel](value: Any, returned: Returned[T]) -> T | NoSummary:
    model = returned.model
    if isinstance(value, str):  # at once, in half the time; whatever is amiss is found out below
        with contextlib.suppress(ValidationError):
            return model.model_validate_json(value)
    try:
        content = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return unreadable(
            returned,
            f"Task {returned.task_id} returned something else. If XComs are kept outside the "
            "metadata database (a custom XCom backend), this tab cannot see them.",
        )
    schema = content.get("schema_version", returned.schema)
    if schema != returned.schema:
        return unreadable(returned, _of_another_schema(schema, returned))
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        ]
        return unreadable(
            returned,
            f"It claims to follow schema {returned.schema}, but does not. Run the DAG again to "
            "replace it.",
            *faults[:FAULTS_SHOWN],
            *([f"and {len(faults) - FAULTS_SHOWN} more"] if len(faults) > FAULTS_SHOWN else []),
        )


def _of_another_schema(schema: Any, returned: Returned[Any]) -> str:
    known = returned.schema
    both = (
        f"The run wrote its {returned.name} with schema {schema!r}, and this tab reads schema "
        f"{known}."
    )
    if isinstance(schema, int) and schema < known:
        return (
            f"{both} An older release of the project wrote it. Trigger the DAG for one with schema "
            f"{known}; to see this one, deploy the release that wrote it."
        )
    if isinstance(schema, int):
        return (
            f"{both} A newer release of the project wrote it. Deploy that release, or one after "
            "it, to the API server."
        )
    return f"{both} No release of the project writes that. Trigger the DAG for another one."
