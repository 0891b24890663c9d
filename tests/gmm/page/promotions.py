"""What became of made-up versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from include.gmm.page.status import Decision
from include.gmm.promotion_record import Outcome, Promoted, Succession
from include.gmm.summary import Summary

DAY = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)


def promoted(
    summary: Summary,
    outcome: Outcome = "promoted",
    champion: str | None = "",
    serial: int = 1,
    succession: Succession | None = None,
) -> Promoted:
    """What became of it; without a word of the champion, that is this version."""
    return Promoted(
        segmentation=summary.segmentation,
        version=summary.version,
        outcome=outcome,
        sentence=f"This is why: {outcome}.",
        champion=summary.version if champion == "" else champion,
        serial=serial,
        succession=succession or summary.succession,
    )


def decision(of: Promoted, days: int = 0) -> Decision:
    """The same of a run so many days after the first, an hour after it began."""
    date = DAY + timedelta(days=days)
    return Decision(f"run_{days}", date, date + timedelta(hours=1), of)
