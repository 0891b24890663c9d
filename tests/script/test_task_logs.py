"""What a task's log says of its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from script.local_airflow.task_logs import exception_of

TOLD = {"level": "info", "event": "all is well"}
COMPLAINED = {"level": "error", "event": "no such\nthing"}
RAISED = {
    "level": "error",
    "event": "Task failed with exception",
    "error_detail": [
        {"exc_type": "InputError", "exc_value": "purchases.csv: the file is empty"},
        {"exc_type": "OSError", "exc_value": "the cause"},
    ],
}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([TOLD, RAISED, TOLD], "InputError: purchases.csv: the file is empty"),
        ([RAISED, COMPLAINED], "InputError: purchases.csv: the file is empty"),  # a notifier did
        ([COMPLAINED, TOLD], "no such thing"),
        ([TOLD], "it left no error in its log"),
    ],
)
def test_the_end_of_a_task(tmp_path: Path, entries: list[object], expected: str) -> None:
    log = tmp_path / "attempt=1.log"
    log.write_text("no JSON\n" + "\n".join(map(json.dumps, entries)))
    assert exception_of(log) == expected


def test_no_log(tmp_path: Path) -> None:
    assert exception_of(tmp_path / "none") == "it left no error in its log"
