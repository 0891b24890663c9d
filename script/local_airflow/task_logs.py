"""What a failed task has to say for itself."""

from __future__ import annotations

import json
from pathlib import Path

ENDED = "Task failed with exception"  # of Airflow's task runner


def exception_of(log: Path) -> str:
    """The exception that ended the task, in one line; else the last error that it logged."""
    last = ""
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if details := entry.get("error_detail"):
            # The first of the chain is what ended the task; its causes follow.
            cause = details[0]
            last = f"{cause['exc_type']}: {cause['exc_value']}"
        elif entry.get("level") in ("error", "critical"):
            last = str(entry.get("event", ""))
        if entry.get("event") == ENDED:
            break  # what follows is about the notifiers that were to tell of it
    return " ".join(last.split()) or "it left no error in its log"
