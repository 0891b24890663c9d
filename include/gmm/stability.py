"""Whether the segments would be the same had other rows of the same kind come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import Pipeline

from include.gmm.errors import InputError
from include.gmm.mixture import select_mixture
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.workers import threads
from include.gmm.model import Mixture, Model
from include.gmm.snapshot.rows import Batch, Rows
from include.gmm.sums import added
from include.gmm.transform import Scale
from include.gmm.versions.identity import Overlap, inherited_ids

REFITS = 3
DRAWN = 0.8  # share of rows in a subsample
MOST_ROWS = 50_000  # in a subsample: more would only be more stable, and take long


def share_kept(pipeline: Pipeline, rows: Rows, decided: Mapping[str, Scale], seed: int) -> float:
    """Share of rows that keep their segment when the mixture is fitted to some of them only.

    The mean over REFITS searches for a mixture of the same number of components and covariance
    type, each on a subsample (Ben-Hur, Elisseeff and Guyon 2002, A stability based method for
    discovering structure in clustered data). Drawn with replacement, rows would repeat, and a
    mixture could collapse onto those that do. Segments are matched as those of two versions are.
    Where a subsample gives no such mixture (a feature is constant, all collapsed), none is kept.
    """
    model, random = Model(pipeline, len(rows)), np.random.default_rng(seed)
    size = min(round(DRAWN * len(rows)), MOST_ROWS)
    drawn = [np.sort(random.choice(len(rows), size, replace=False)) for _ in range(REFITS)]
    seeds = random.integers(2**32, size=REFITS).tolist()
    refits = [
        Mixture(refit, len(rows))
        for values, of_refit in zip(_taken(rows, drawn), seeds, strict=True)
        if (refit := _refitted(pipeline, model, values, decided, of_refit))
    ]

    def beside(batch: Batch) -> tuple[Overlap, ...]:
        standardised = model.transform.standardised(batch.values)
        own = model.mixture.of(standardised)
        return tuple(Overlap.of(own, refit.of(standardised)) for refit in refits)

    with threads() as workers:
        overlaps = added(workers.over(beside, rows.batches()))
    numbers = range(model.n_components)
    kept = [
        each.kept(numbers, inherited_ids(each.in_common, numbers, model.n_components)[0])
        for each in overlaps
    ]
    return sum(kept) / REFITS


def _taken(rows: Rows, places: Sequence[NDArray[np.int64]]) -> list[Array]:
    """The features of the rows at each of several lists of places, ascending, in one pass."""
    found: list[list[Array]] = [[] for _ in places]
    start = 0
    for batch in rows.batches():
        stop = start + len(batch.values)
        for wanted, values in zip(places, found, strict=True):
            here = wanted[slice(*np.searchsorted(wanted, [start, stop]))]
            values.append(batch.values[here - start])
        start = stop
    return [np.concatenate(values) for values in found]


def _refitted(
    pipeline: Pipeline, model: Model, values: Array, decided: Mapping[str, Scale], seed: int
) -> GaussianMixture | None:
    mixture = pipeline.named_steps["mixture"]
    try:
        return select_mixture(
            model.transform.standardised(values),
            [mixture.n_components],
            [mixture.covariance_type],
            resolution=model.transform.cell_widths(values, list(decided.values())),
            seed=seed,
        ).to_sklearn()
    except InputError:
        return None
