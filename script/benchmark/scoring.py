"""Every row's segment from DuckDB into DuckDB, against a plain loop over frames."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import Pipeline

from include.gmm import settings
from include.gmm.mixture.layout import assign
from include.gmm.mixture.parameters import Parameters
from include.gmm.scoring.views import wide
from include.gmm.settings import Segmentation
from include.gmm.store import store_at
from include.gmm.transform import Scale, preparation_of
from include.gmm.versions import artifacts, champion
from include.gmm.versions.records import DataRecord, Reference
from script.benchmark.contenders import OURS
from script.benchmark.data import pieces, random_mixture
from script.benchmark.items import Item
from script.benchmark.mixture import Array
from script.benchmark.process import Answer, Worker
from script.benchmark.rounds import folder, progress

SCORED = Item(5_000_000, 8, 8, "full")
PLAIN = "a loop over frames"
SCORES = "bench_segments"


@dataclass(frozen=True)
class ScoringResult:
    """By contender: seconds and those of processors (medians), bytes at the peak in all and above
    the imports.

    difference: the greatest of any membership probability between the two.
    """

    item: Item
    seconds: dict[str, float]
    processor_seconds: dict[str, float]
    peaks: dict[str, float]
    memory: dict[str, float]
    difference: float


def measure_scoring(item: Item, repeat: int) -> ScoringResult:
    """The item's rows in a warehouse, scored in turns, each time in a process of its own."""
    progress(f"scoring: {item}")
    answers: dict[str, list[Answer]] = {OURS: [], PLAIN: []}
    with folder() as place:
        fill(item, place / "warehouse.duckdb")
        reference = make_champion(item, place)
        for _ in range(repeat):
            for name, given in answers.items():
                given.append(_scored(name, place, reference))
                progress(f"  {name}: {given[-1]['seconds']:.2f} s")
        difference = _difference(item, *(place / f"{name}.duckdb" for name in answers))

    def of(name: str, summary: Callable[[list[float]], float]) -> dict[str, float]:
        return {who: summary([answer[name] for answer in given]) for who, given in answers.items()}

    return ScoringResult(
        item,
        seconds=of("seconds", median),
        processor_seconds=of("processor_seconds", median),
        peaks=of("peak", max),
        memory=of("memory", max),
        difference=difference,
    )


def segmentation(item: Item) -> Segmentation:
    """The settings under which the rows are scored."""
    content: dict[str, object] = {
        "name": "bench",
        "title": "Bench",
        "source": {"table": "raw.bench", "columns": {"id": "BIGINT"}},
        "features": {
            "model": "features",
            "key": "id",
            "columns": {name: {} for name in _names(item)},
        },
        "scoring": {"table": SCORES},
    }
    return settings.validate(content, "bench")


def _scored(name: str, place: Path, reference: Reference) -> Answer:
    warehouse = place / f"{name}.duckdb"
    shutil.copy(place / "warehouse.duckdb", warehouse)
    with Worker("scoring_worker", name) as worker:
        worker.ask(
            "prepare",
            contender=name,
            models=str(place / "models"),
            reference=reference.model_dump(),
            warehouse=str(warehouse),
        )
        return worker.ask("score")


def fill(item: Item, warehouse: Path) -> None:
    """Put the rows into a new warehouse, in the order of their keys."""
    names = _names(item)
    with duckdb.connect(str(warehouse)) as connection:
        numbers = ", ".join(f"{name} DOUBLE" for name in names)
        connection.execute(f"CREATE TABLE features (id BIGINT, {numbers})")
        for piece in pieces_by_name(item):
            connection.register("piece", piece)
            connection.execute("INSERT INTO features BY NAME FROM piece")


def pieces_by_name(item: Item) -> Iterator[pa.Table]:
    """The rows, in the order of their keys; a mixture fits half of the features as log1p."""
    names, begin = _names(item), 0
    for rows in pieces(item):
        raw = _raw(rows, len(names) // 2)
        keys = np.arange(begin, begin + len(raw))
        yield pa.table({"id": keys, **dict(zip(names, raw.T, strict=True))})
        begin += len(raw)


def make_champion(item: Item, place: Path) -> Reference:
    """A version of the mixture that the rows come from, which is the champion."""
    names = _names(item)
    logarithmic = len(names) // 2
    first = next(pieces(item))
    scales = {
        name: Scale("log1p" if at < logarithmic else "none", 0.0) for at, name in enumerate(names)
    }
    preparation = preparation_of(scales)
    preparation.fit(pd.DataFrame(_raw(first, logarithmic), columns=names))
    scaler = preparation.named_steps["scale"]
    mixture = random_mixture(item)
    gaussians = GaussianMixture(item.components, covariance_type=item.covariance_type)
    standardised = Parameters(
        mixture.weights,
        (mixture.means - scaler.mean_) / scaler.scale_,
        mixture.covariances / np.outer(scaler.scale_, scaler.scale_),
        (item.components,),
    )
    assign(gaussians, standardised)
    store = store_at(place / "models")
    reference = artifacts.publish(
        store,
        segmentation(item),
        DataRecord(
            rows=item.rows,
            rows_fitted=item.rows,
            key="id",
            features=scales,
            digest="0" * 64,
            snapshot=None,
        ),
        Pipeline([*preparation.steps, ("mixture", gaussians)]),
        {},
    )
    manifest, ids = artifacts.load_manifest(store, reference), tuple(range(1, item.components + 1))
    champion.appoint(store, None, reference, manifest, ids, "person", "bench")
    return reference


def _raw(rows: Array, logarithmic: int) -> Array:
    """Rows (n, d) of which log1p of the first columns gives back what they were."""
    return np.hstack([np.expm1(rows[:, :logarithmic]), rows[:, logarithmic:]])


def _names(item: Item) -> list[str]:
    return [f"x{place}" for place in range(item.features)]


def _difference(item: Item, ours: Path, theirs: Path) -> float:
    with duckdb.connect(str(ours)) as connection:
        connection.execute(f"ATTACH '{theirs}' AS theirs (READ_ONLY)")
        left = connection.table(wide(SCORES)).set_alias("a")
        right = connection.table(f"theirs.main.{SCORES}").set_alias("b")
        numbers = range(1, item.components + 1)
        greatest = ", ".join(f"max(abs(a.probability_{k} - b.probability_{k}))" for k in numbers)
        both = left.join(right, "a.id = b.id")
        rows, *differences = both.aggregate(f"count(*), {greatest}").fetchall()[0]
    if rows != item.rows:
        raise AssertionError(f"{rows} rows have been scored by both, of {item.rows}")
    return float(max(differences))
