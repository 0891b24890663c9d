"""What a task hands to the next one, and what is said where it has handed on nothing."""

from __future__ import annotations

from typing import Any

from include.gmm.errors import InputError


def handed(value: Any, task_id: str) -> Any:
    """What the task with that id returned.

    Raises InputError where it is nothing: the task was marked successful by hand, or what it
    returned was deleted.
    """
    if value is None:
        raise InputError(
            f"task {task_id} has handed on nothing: it was marked successful by hand, or its XCom "
            f"was deleted. Clear {task_id}, with the tasks after it, so that it runs"
        )
    return value
