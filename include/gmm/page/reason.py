"""Why a page has nothing to show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NoSummary:
    """In words for the reader; `log` is the address of the log that says more, where there is one."""

    title: str
    text: str
    details: tuple[str, ...] = ()
    status: int = 200
    waiting: bool = False
    log: str = ""
