"""What became of made-up versions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from include.gmm.page.status import Champion, Decision, Maker
from include.gmm.promotion_record import Appointment, Cause, Outcome, Promoted, Succession
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
    return Decision(DAY + timedelta(days=days, hours=1), of)


def champion(
    version: str, days: int | None = 0, cause: Cause = "gates", serial: int = 1
) -> Champion:
    """The version as the champion, made so by a run so many days after the first, or by none."""
    maker = None if days is None else Maker(f"run_{days}", DAY + timedelta(days=days))
    since = (DAY + timedelta(days=days or 0, hours=1)).isoformat()
    appointment = Appointment(serial=serial, cause=cause, actor="somebody", appointed_at=since)
    return Champion(version, appointment, maker)
