"""How far a long fit has come, for a task's log or a bar in the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`done` at this stage, of a `total` where it is known; passes over all rows, where any."""

    stage: str
    done: int
    total: int | None
    passes: int = 0

    def __str__(self) -> str:
        after = f" after {self.passes} passes over the rows" if self.passes else ""
        of = "" if self.total is None else f" of {self.total}"
        return f"{self.stage}: {self.done}{of}{after}"


def now_and_then(tell: Callable[[Progress], None], seconds: float) -> Callable[[Progress], None]:
    """`tell` of the first word of each stage, then at most once in so many seconds."""
    last = ("", 0.0)

    def hear(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if progress.stage != last[0] or now - last[1] >= seconds:
            last = progress.stage, now
            tell(progress)

    return hear
