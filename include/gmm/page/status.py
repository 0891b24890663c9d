"""What became of a version, and which version was the champion when Airflow last heard of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from include.gmm.page.reason import NoSummary
from include.gmm.promotion_record import Appointment, Outcome, Promoted

BADGES: dict[Outcome, str] = {
    "promoted": "Was the champion",
    "kept": "Not promoted",
    "superseded": "Superseded",
    "would_promote": "Would be promoted (dry run)",
    "would_keep": "Would not be promoted (dry run)",
    "disabled": "Promotion is disabled",
}


@dataclass(frozen=True)
class Decision:
    """What a run said of its version, and when."""

    at: datetime
    promoted: Promoted


@dataclass(frozen=True)
class Maker:
    """The run that made a version the champion."""

    run_id: str
    date: datetime

    @property
    def quoted(self) -> str:
        """The id of the run as a part of an address."""
        return quote(self.run_id, safe="")


@dataclass(frozen=True)
class Champion:
    """As Airflow knows it: of what is done at the command line the next run tells."""

    version: str
    appointment: Appointment
    made_by: Maker | None  # None where no run did, or too long ago to be looked for

    @property
    def since(self) -> datetime | None:
        """When it was appointed, as far as that can be read."""
        try:
            return datetime.fromisoformat(self.appointment.appointed_at)
        except ValueError:
            return None

    @property
    def rolled_back(self) -> bool:
        """Whether a rollback made it the champion again."""
        return self.appointment.cause == "rollback"


@dataclass(frozen=True)
class Status:
    """In words for the reader; `address` is where Airflow says more, called `link`, or nothing."""

    badge: str
    sentence: str = ""
    decided: datetime | None = None
    address: str = ""
    link: str = ""
    is_champion: bool = False


def status_of(
    version: str, decision: Decision | NoSummary | Status, present: Champion | None
) -> Status:
    """How a version stands: by a decision, by why that cannot be read, or as given without one."""
    is_champion = present is not None and present.version == version
    if isinstance(decision, Status):
        return Status("Champion", is_champion=True) if is_champion else decision
    if isinstance(decision, NoSummary):
        reasons = " ".join((f"{decision.title}.", decision.text, *decision.details))
        return Status(
            "Champion" if is_champion else "Cannot be read", reasons, is_champion=is_champion
        )
    outcome = decision.promoted.outcome
    return Status(
        "Champion" if is_champion else BADGES[outcome],
        decision.promoted.sentence if outcome == "promoted" or not is_champion else "",
        decision.at,
        is_champion=is_champion,
    )
