"""What is tried, and what may become of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of one input. The first two are as they should be."""

    RIGHT = "right"
    REFUSED = "refused"
    WRONG = "wrong"
    TRACEBACK = "traceback"
    SERVER_ERROR = "server error"
    LET_IN = "let in"


FINE = (Outcome.RIGHT, Outcome.REFUSED)


@dataclass(frozen=True)
class Trial:
    """One input: `label` says which (enough to make it again), `detail` what happened."""

    label: str
    outcome: Outcome
    detail: str = ""


@dataclass(frozen=True)
class Kind:
    """A kind of input. `run(count, seed)` tries that many, the same ones for the same seed."""

    name: str
    title: str
    full: int  # inputs in script/faults
    quick: int  # inputs in the test of script/test: a few seconds
    run: Callable[[int, int], Iterator[Trial]]
