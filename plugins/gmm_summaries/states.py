"""Why a run left nothing to show, or no decision on its version, from its tasks' states."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

from airflow.utils.state import DagRunState, TaskInstanceState

from include.gmm.page.reason import NoSummary
from include.gmm.page.status import Status
from plugins.gmm_summaries.dags import KINDS, Kind

NO_CHAMPION = "There was no champion yet"
APPROVAL, PROMOTION = "approve_promotion", "promote_model"  # the first in manual mode alone
AT_WORK = (TaskInstanceState.RUNNING, TaskInstanceState.RESTARTING, TaskInstanceState.DEFERRED)
DONE = (TaskInstanceState.SUCCESS, TaskInstanceState.SKIPPED)
BROKEN = (TaskInstanceState.FAILED, TaskInstanceState.UPSTREAM_FAILED)


class Attempt(NamedTuple):
    """A task of a run, or one of the instances of a mapped task."""

    task_id: str
    map_index: int  # -1 for a task that is not mapped
    state: str | None
    end_date: datetime | None

    @property
    def name(self) -> str:
        """The task as people know it."""
        return self.task_id if self.map_index < 0 else f"{self.task_id} [{self.map_index}]"

    @property
    def when(self) -> str:
        """When it ended, as a part of a sentence."""
        if self.end_date is None:
            return ""
        return f", on {self.end_date.astimezone(UTC):%Y-%m-%d at %H:%M:%S} UTC"

    def log(self, dag_id: str, run_id: str) -> str:
        """The address of its log in Airflow, relative to the page of the run."""
        dag, run, task = (quote(part, safe="") for part in (dag_id, run_id, self.task_id))
        mapped = "" if self.map_index < 0 else f"/mapped/{self.map_index}"
        return f"../../../dags/{dag}/runs/{run}/tasks/{task}{mapped}"


def why_none(
    kind: Kind, dag_id: str, run_id: str, state_of_run: str, attempts: Sequence[Attempt]
) -> NoSummary:
    """Why a run with these tasks left nothing to show, and where its reader finds out more."""
    states = {attempt.task_id: attempt.state for attempt in attempts}
    if states and kind.task_id not in states:
        return no_such_task(kind)
    if state_of_run in (DagRunState.QUEUED, DagRunState.RUNNING):
        return _still_going(kind, dag_id, run_id, attempts)
    if failed := _in_order(attempts, TaskInstanceState.FAILED):
        first = failed[0]
        return NoSummary(
            "The run failed",
            f"Task {first.name} failed first{first.when}, before there was a {kind.left} to show. "
            "Its log says why.",
            tuple(f"Failed: {attempt.name}" for attempt in failed),
            log=first.log(dag_id, run_id),
        )
    ended = states.get(kind.task_id)
    if kind.needs_champion and ended == TaskInstanceState.SKIPPED:
        return NoSummary(
            NO_CHAMPION,
            f"Task {kind.task_id} was skipped, for this run needs a version whose segments are in "
            "use. A training makes one.",
            log=_in_order(attempts, TaskInstanceState.SKIPPED)[0].log(dag_id, run_id),
        )
    return NoSummary(
        f"The run left no {kind.left}",
        f"The run ended as {state_of_run}, its task {kind.task_id} as: {ended or 'never started'}. "
        "Clear that task to run it again.",
    )


def no_such_task(*kinds: Kind) -> NoSummary:
    """For a DAG that is of none of these kinds, which are all kinds unless some are named."""
    tasks = " or ".join(kind.task_id for kind in kinds or KINDS)
    return NoSummary(
        "No clusters here",
        f"This DAG has no task {tasks}. "
        "This tab is for the DAGs that train, monitor, score or roll back a segmentation.",
    )


def undecided(dag_id: str, run_id: str, attempts: Sequence[Attempt]) -> Status:
    """How a version stands that was not decided on, from the tasks that would decide."""
    found = {attempt.task_id: attempt for attempt in attempts}
    states = {task_id: attempt.state for task_id, attempt in found.items()}
    if states.get(APPROVAL) == TaskInstanceState.AWAITING_INPUT:
        return Status(
            "Waits for approval",
            "A person decides whether it becomes the champion.",
            address=f"{found[APPROVAL].log(dag_id, run_id)}/required_actions?map_index=-1",
            link="Read the gates and decide in Airflow",
        )
    if failed := [attempt for attempt in attempts if attempt.state in BROKEN]:
        first = min(failed, key=lambda each: each.state != TaskInstanceState.FAILED)
        return Status(
            "Not promoted",
            f"Task {first.task_id} ended as {first.state}, before this version was decided on.",
            address=first.log(dag_id, run_id),
            link="Open the log in Airflow",
        )
    if states.get(PROMOTION) == TaskInstanceState.SKIPPED:
        rejected = states.get(APPROVAL) == TaskInstanceState.SUCCESS
        return Status(
            "Not promoted", "Nobody approved it." if rejected else "Its promotion was skipped."
        )
    return Status("Not decided", f"Task {PROMOTION} of this run has not decided on it.")


def _still_going(kind: Kind, dag_id: str, run_id: str, attempts: Sequence[Attempt]) -> NoSummary:
    parts = {
        "Running": _in_order(attempts, *AT_WORK),
        "Failed, and waits for its next try": _in_order(attempts, TaskInstanceState.UP_FOR_RETRY),
        "Failed": _in_order(attempts, TaskInstanceState.FAILED),
        "Done": _in_order(attempts, *DONE),
    }
    done = len(parts["Done"])
    running = ", ".join(attempt.name for attempt in parts["Running"])
    unfinished = [*parts["Running"], *parts["Failed, and waits for its next try"], *parts["Failed"]]
    return NoSummary(
        "The run is still going",
        f"{f'Now at work: {running}' if running else 'No task is at work right now'}; "
        f"{done} of {len(attempts)} tasks are done. "
        f"The {kind.left} appears here as soon as task {kind.task_id} has succeeded. "
        "This page looks again by itself.",
        tuple(f"{part}: {each.name}" for part, found in parts.items() for each in found),
        waiting=True,
        log=unfinished[0].log(dag_id, run_id) if unfinished else "",
    )


def _in_order(attempts: Sequence[Attempt], *states: TaskInstanceState) -> list[Attempt]:
    """Those in one of the states, in the order in which they ended."""
    return sorted(
        (attempt for attempt in attempts if attempt.state in states),
        key=lambda each: (each.end_date is None, each.end_date or datetime.max, each.name),
    )
