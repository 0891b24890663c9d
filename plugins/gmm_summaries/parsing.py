"""What the tasks of a run returned: read as what it should be, or why that cannot be."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from include.gmm.drift import Drift
from include.gmm.page.actions import Published
from include.gmm.page.reason import NoSummary
from include.gmm.promotion_record import Promoted
from include.gmm.summary import Summary
from plugins.gmm_summaries.dags import MONITORING, ROLLBACK, SCORING, TRAINING
from plugins.gmm_summaries.states import PROMOTION

FAULTS_SHOWN = 5
FAULT_LENGTH = 200


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


def parse[T: BaseModel](value: str | None, returned: Returned[T]) -> T | NoSummary:
    """A stored XCom as what it should be. Plain JSON alone: nothing in it can become an object."""
    value = value or "null"
    if value.startswith('"'):  # Airflow keeps what a task returned as JSON, or as JSON in a text
        with contextlib.suppress(ValueError):
            value = json.loads(value)
    try:
        return returned.model.model_validate_json(value)
    except ValidationError as error:
        return _refused(error.errors(include_url=False), returned)


def unreadable(returned: Returned[Any], text: str, *details: str) -> NoSummary:
    """Why what a task returned is of no use."""
    return NoSummary(f"This {returned.name} cannot be read", text, details)


def _refused(faults: list[ErrorDetails], returned: Returned[Any]) -> NoSummary:
    for fault in faults:
        if fault["type"] in ("json_invalid", "model_type"):
            return unreadable(
                returned,
                f"Task {returned.task_id} returned something else. If XComs are kept outside the "
                "metadata database (a custom XCom backend), this tab cannot see them.",
                fault["msg"],
            )
        if fault["loc"] == ("schema_version",):
            return unreadable(returned, _of_another_schema(fault["input"], returned))
    claim = "Its parts do not fit each other."
    if any(fault["type"] != "value_error" for fault in faults):
        claim = f"It claims to follow schema {returned.schema}, but does not."
    return unreadable(
        returned,
        f"{claim} Run the DAG again to replace it.",
        *map(_named, faults[:FAULTS_SHOWN]),
        *([f"and {len(faults) - FAULTS_SHOWN} more"] if len(faults) > FAULTS_SHOWN else []),
    )


def _named(fault: ErrorDetails) -> str:
    """Where, and what is wrong there."""
    place = ".".join(map(str, fault["loc"]))
    said = fault["msg"].removeprefix("Value error, ")
    return (f"{place}: {said}" if place else said)[:FAULT_LENGTH]


def _of_another_schema(schema: Any, returned: Returned[Any]) -> str:
    known = returned.schema
    both = (
        f"The run wrote its {returned.name} with schema {repr(schema)[:40]}, and this tab reads "
        f"schema {known}."
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
