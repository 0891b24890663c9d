"""The same EM iterations by everybody, and the floor under them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from script.benchmark.contenders import ONE_DAL, OURS, SCIKIT_LEARN
from script.benchmark.data import all_rows, start_of
from script.benchmark.floor import Floor, floor
from script.benchmark.items import ITERATIONS, SAMPLE_ROWS, Item
from script.benchmark.mixture import Mixture
from script.benchmark.rounds import Plan, folder, progress, seconds, take_turns, workers

SCORED_ROWS = 200_000  # at most, for the log-likelihood


@dataclass(frozen=True)
class Fit:
    """What one contender did on one item."""

    seconds: float  # per iteration: those of the whole fit by the number of iterations
    first_fit: float | None  # seconds of the whole of our first fit: it may have to compile
    memory: int  # bytes at the peak above those before, rows included
    log_likelihood: float  # of a row
    difference: float | None  # the greatest from scikit-learn's, see Mixture.difference
    rows_per_second: float | None  # of predict_proba


@dataclass(frozen=True)
class ItemResult:
    """One item by everybody."""

    item: Item
    floor: Floor
    fits: dict[str, Fit]


def measure_item(item: Item, plan: Plan, *, predict: bool) -> ItemResult:
    """The item by all contenders in turn, and its floor."""
    progress(str(item))
    rows = all_rows(item)
    start = start_of(item, rows)
    with folder() as place, workers("fit_worker", plan.contenders) as asked:
        sample, table = str(place / "sample.npy"), str(place / "rows.npy")
        np.save(sample, rows[:SAMPLE_ROWS])
        np.save(table, rows)
        first_fits = {}
        for name, worker in asked.items():
            # The size of a fit decides whether ours compiles: it warms up by the same fit.
            warm_up = (table, ITERATIONS) if name == OURS else (sample, 2)
            first_fits[name] = worker.ask(
                "prepare",
                contender=name,
                start=start.to_json(),
                warm_ups=[warm_up[0]],
                iterations=warm_up[1],
                rows=table,
            )["seconds"]
        before = floor(item)
        fits = take_turns(plan, asked, "fit", iterations=ITERATIONS)
        able = {name: worker for name, worker in asked.items() if name != ONE_DAL}
        predictions = take_turns(plan, able, "predict") if predict else {}
        after = floor(item)
    mixtures = {name: Mixture.from_json(given[0]["mixture"]) for name, given in fits.items()}
    reference = mixtures.get(SCIKIT_LEARN)
    deviations = rows.std(axis=0)
    some = rows[:: -(-len(rows) // SCORED_ROWS)]
    return ItemResult(
        item,
        before.least(after),
        {
            name: Fit(
                seconds=seconds(given) / ITERATIONS,
                first_fit=first_fits[name] if name == OURS else None,
                memory=given[0]["memory"],
                log_likelihood=mixtures[name].log_likelihood(some),
                difference=reference.difference(mixtures[name], deviations) if reference else None,
                rows_per_second=item.rows / seconds(predictions[name])
                if name in predictions
                else None,
            )
            for name, given in fits.items()
        },
    )
