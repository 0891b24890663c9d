"""How a run stands among the others of its DAG."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Standing:
    """Which run left the newest version, by the date of the run."""

    newest: bool  # this one did
    run_id: str
    date: datetime
