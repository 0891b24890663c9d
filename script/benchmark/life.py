"""What the tasks of training, scoring and monitoring take of a table that no worker could hold."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from include.gmm import snapshot
from include.gmm.evaluation import evaluate
from include.gmm.monitoring.measuring import baseline, measure
from include.gmm.promotion_record import Succession
from include.gmm.scoring.scoring import score
from include.gmm.settings import Segmentation
from include.gmm.snapshot import Snapshot
from include.gmm.store import store_at
from include.gmm.training import train
from include.gmm.versions import artifacts, champion
from include.gmm.versions.artifacts import fitted_rows
from include.gmm.versions.promotion import promote
from include.gmm.warehouse import local
from script.benchmark.items import Item
from script.benchmark.memory import peak
from script.benchmark.process import WorkerError
from script.benchmark.rounds import folder, progress
from script.benchmark.scoring import fill, segmentation

LIVED = Item(20_000_000, 8, 6, "full")
STEPS = ("snapshot", "train", "evaluate", "promote", "score", "monitor")


@dataclass(frozen=True)
class Step:
    """Seconds, and bytes at the peak, of a task in a process of its own."""

    name: str
    seconds: float
    peak: int


@dataclass(frozen=True)
class LifeResult:
    """One step after the other, on the rows of an item."""

    item: Item
    steps: list[Step]


def measure_life(item: Item) -> LifeResult:
    """The item's rows in a warehouse, through all tasks but those of dbt."""
    progress(f"the life of a model: {item}")
    with folder() as place:
        fill(item, place / "warehouse.duckdb")
        (place / "settings.json").write_text(segmentation(item).model_dump_json())
        steps = []
        for name in STEPS:
            command = [sys.executable, "-m", "script.benchmark.life", name, str(place)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                raise WorkerError(f"{name}: {(done.stderr.strip() or 'killed').splitlines()[-1]}")
            steps.append(Step(name, **json.loads(done.stdout.splitlines()[-1])))
            progress(f"  {name}: {steps[-1].seconds:.1f} s, {steps[-1].peak / 1e6:,.0f} MB")
    return LifeResult(item, steps)


def take(name: str, place: Path) -> None:
    """One of the steps, on what the others have left in the folder."""
    settings = Segmentation.model_validate_json((place / "settings.json").read_text())
    store, warehouse, where = store_at(place / "models"), local(place / "warehouse.duckdb"), "bench"
    taken = place / "snapshot.json"
    if name == "snapshot":
        with snapshot.taken(settings.features, warehouse) as rows:
            taken.write_text(snapshot.put(store, settings.name, rows).model_dump_json())
        return
    handed = Snapshot.model_validate_json(taken.read_text())
    if name == "train":
        with snapshot.opened(store, handed) as rows:
            train(rows, settings, store, where, snapshot=handed.name)
        return
    version = artifacts.find(store, settings.name, artifacts.versions(store, settings.name)[-1])
    compared = place / "succession.json"
    if name == "evaluate":
        with fitted_rows(store, version) as rows:
            summary = evaluate(store, version, rows, where)
        compared.write_text(summary.succession.model_dump_json())
    elif name == "promote":
        succession = Succession.model_validate_json(compared.read_text())
        promote(
            store,
            version,
            succession,
            settings,
            lambda: fitted_rows(store, version),
            actor=where,
            approved=True,
        )
    else:
        present = champion.read(store, settings.name)
        if present is None:
            raise WorkerError("promote has made no champion")
        if name == "score":
            score(store, present.reference, present.segment_ids, settings, warehouse)
        else:
            with snapshot.opened(store, handed) as rows:
                measure(baseline(store, present), rows, settings, where)


if __name__ == "__main__":
    begin = perf_counter()
    take(sys.argv[1], Path(sys.argv[2]))
    print(json.dumps({"seconds": perf_counter() - begin, "peak": peak()}))
