"""Why a page has nothing to show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NoSummary:
    """In words for the reader; `log` is the address of a log that says more, or nothing."""

    title: str
    text: str
    details: tuple[str, ...] = ()
    status: int = 200
    waiting: bool = False
    log: str = ""
