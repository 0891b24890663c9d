"""The selection table by one contender, in a process of its own."""

from __future__ import annotations

from dataclasses import asdict
from time import perf_counter

import numpy as np

from script.benchmark.choices import CHOOSERS, COMPONENTS
from script.benchmark.contenders import OURS
from script.benchmark.process import Answer, serve


class TableWorker:
    """What it is asked: prepare, then choose as often as one likes."""

    def prepare(self, contender: str, rows: str) -> Answer:
        """Load the rows and warm up: ours by all of the work, whose size decides if it compiles."""
        self._chooser = CHOOSERS[contender]
        self._rows = np.load(rows)
        if contender == OURS:
            return self.choose()
        self._chooser(self._rows[:1000], [1, 2])
        return {}

    def choose(self) -> Answer:
        """Seconds, and the choice."""
        begin = perf_counter()
        choice = self._chooser(self._rows, COMPONENTS)
        return {"seconds": perf_counter() - begin, "choice": asdict(choice)}


if __name__ == "__main__":
    worker = TableWorker()
    serve({"prepare": worker.prepare, "choose": worker.choose})
