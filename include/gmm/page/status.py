"""What became of a version, and which version was the champion when Airflow last heard of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from include.gmm.page.reason import NoSummary
from include.gmm.promotion_record import Outcome, Promoted

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
    """What a run said of its version, by the date of the run and the moment of the decision.

    rollback: the run made no version, but one the champion again.
    """

    run_id: str
    date: datetime
    at: datetime
    promoted: Promoted
    rollback: bool = False

    @property
    def quoted(self) -> str:
        """The id of the run as a part of an address."""
        return quote(self.run_id, safe="")


@dataclass(frozen=True)
class Champion:
    """What is done at the command line leaves no word in Airflow: all is as of the run that told
    of it last.
    """

    version: str
    told_by: Decision
    made_by: Decision | None  # None where that is too long ago to be looked for


@dataclass(frozen=True)
class Status:
    """In words for the reader; `address` is where Airflow says more, called `link`, or nothing."""

    badge: str
    sentence: str = ""
    decided: datetime | None = None
    address: str = ""
    link: str = ""
    is_champion: bool = False


def champion(decisions: Sequence[Decision]) -> Champion | None:
    """The champion by the latest of these decisions of a DAG; None if there is none."""
    if not decisions:
        return None
    latest = max(decisions, key=lambda each: (each.promoted.serial, each.at))
    version = latest.promoted.champion
    if version is None:
        return None
    makers = (each for each in decisions if each.promoted.version == version and not each.rollback)
    return Champion(version, latest, next(makers, None))


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
