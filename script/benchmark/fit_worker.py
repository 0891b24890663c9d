"""Fits and predictions of one contender on one table, in a process of its own."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from script.benchmark.contenders import CONTENDERS, ONE_DAL
from script.benchmark.items import SAMPLE_ROWS
from script.benchmark.memory import peak, restart_peak
from script.benchmark.mixture import Array, Mixture
from script.benchmark.process import Answer, serve


class FitWorker:
    """What it is asked, in this order: prepare, then fit and predict as often as one likes."""

    def __init__(self) -> None:
        self._contender: Any = None

    def version(self) -> Answer:
        """That of oneDAL's package; asking for it shows whether it can be used here."""
        CONTENDERS[ONE_DAL]()
        return {"version": version("daal")}

    def prepare(
        self,
        contender: str,
        start: dict[str, list[object]],
        warm_ups: list[str],
        iterations: int,
        rows: str,
    ) -> Answer:
        """Fit the tables that warm up; only then measure memory, and load the rows.

        Answers the seconds of the first of those fits.
        """
        self._contender = CONTENDERS[contender]()
        self._start = Mixture.from_json(start)
        times = []
        for path in warm_ups:
            table = _table(path)
            begin = perf_counter()
            self._contender.fit(table, self._start, iterations)
            times.append(perf_counter() - begin)
            del table
        self._before = restart_peak()
        self._rows: Any = _table(rows)
        return {"seconds": times[0]}

    def fit(self, iterations: int) -> Answer:
        """Seconds, bytes at the peak (rows included), and the parameters of a whole fit."""
        begin = perf_counter()
        mixture = self._contender.fit(self._rows, self._start, iterations)
        seconds = perf_counter() - begin
        return {
            "seconds": seconds,
            "memory": peak() - self._before,
            "mixture": mixture.to_json(),
        }

    def predict(self) -> Answer:
        """Seconds of predict_proba for all rows."""
        self._contender.predict_proba(self._rows[:SAMPLE_ROWS])  # which may have to compile
        begin = perf_counter()
        self._contender.predict_proba(self._rows)
        return {"seconds": perf_counter() - begin}


def _table(path: str) -> Array | Path:
    """An array file's array; a Parquet file is for the contender to read."""
    if path.endswith(".parquet"):
        return Path(path)
    rows: Array = np.load(path)
    return rows


if __name__ == "__main__":
    worker = FitWorker()
    serve(
        {
            "version": worker.version,
            "prepare": worker.prepare,
            "fit": worker.fit,
            "predict": worker.predict,
        }
    )
