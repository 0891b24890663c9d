"""One scoring of a warehouse by one contender, in a process of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from include.gmm.model import Model
from include.gmm.scoring.scoring import score
from include.gmm.store import store_at
from include.gmm.versions import artifacts
from include.gmm.versions.records import Reference
from include.gmm.warehouse import local
from script.benchmark.contenders import OURS
from script.benchmark.memory import peak, restart_peak
from script.benchmark.process import Answer, serve
from script.benchmark.scoring import SCORES

VECTORS = 98  # of 2,048 rows: about 200,000 rows in a frame


class ScoringWorker:
    """What it is asked: prepare, then score once."""

    def prepare(
        self, contender: str, models: str, reference: dict[str, Any], warehouse: str
    ) -> Answer:
        """Load the model and warm up on a few rows; only then measure memory."""
        self._contender, self._store, self._warehouse = contender, store_at(models), Path(warehouse)
        self._reference = Reference.model_validate(reference)
        self._manifest, self._model = artifacts.load(self._store, self._reference)
        few = pd.DataFrame({name: [0.0, 1.0] for name in self._manifest.data.features})
        if contender == OURS:
            rows = self._manifest.data.rows
            Model(self._model, rows).of(few.to_numpy())
        else:
            self._model.predict_proba(few)
        self._before = restart_peak()
        return {}

    def score(self) -> Answer:
        """Seconds until the scores are in the file, and bytes at the peak."""
        begin, used = perf_counter(), process_time()
        components = len(self._model.named_steps["mixture"].weights_)
        if self._contender == OURS:
            settings = self._manifest.settings
            ids = range(1, components + 1)
            score(self._store, self._reference, ids, settings, local(self._warehouse))
        else:
            loop_over_frames(
                self._model,
                list(self._manifest.data.features),
                self._reference.version,
                self._warehouse,
            )
        highest = peak()
        return {
            "seconds": perf_counter() - begin,
            "processor_seconds": process_time() - used,
            "peak": highest,
            "memory": highest - self._before,
        }


def loop_over_frames(model: Pipeline, names: list[str], version: str, warehouse: Path) -> None:
    """What one would write first: frames of some rows, predict_proba, and insert the frame."""
    now = datetime.now(UTC).replace(tzinfo=None)
    components = len(model.named_steps["mixture"].weights_)
    with duckdb.connect(str(warehouse)) as connection:
        numbers = ", ".join(f"probability_{k + 1} FLOAT" for k in range(components))
        connection.execute(
            f"CREATE TABLE {SCORES} (id BIGINT, segment_id INTEGER, probability FLOAT, "
            f"{numbers}, entropy DOUBLE, model_version VARCHAR, scored_at TIMESTAMP)"
        )
        reading = connection.cursor()
        reading.execute("FROM features")
        while len(frame := reading.fetch_df_chunk(VECTORS)):
            probabilities = model.predict_proba(frame[names])
            scores = frame[["id"]].copy()
            scores["segment_id"] = probabilities.argmax(axis=1) + 1
            scores["probability"] = probabilities.max(axis=1)
            for k in range(components):
                scores[f"probability_{k + 1}"] = probabilities[:, k]
            logarithms = np.log(np.maximum(probabilities, np.finfo(float).tiny))
            scores["entropy"] = -(probabilities * logarithms).sum(axis=1)
            scores["model_version"] = version
            scores["scored_at"] = now
            connection.register("scores", scores)
            connection.execute(f"INSERT INTO {SCORES} FROM scores")


if __name__ == "__main__":
    worker = ScoringWorker()
    serve({"prepare": worker.prepare, "score": worker.score})
