"""Whether the segments of the shipped customers are the same people when the data are resampled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from include.gmm import settings
from include.gmm.mixture import select_mixture
from include.gmm.prepared import scales
from include.gmm.snapshot import taken
from include.gmm.transform import Transform, preparation_of
from include.gmm.warehouse import local
from script.benchmark.contenders import OURS, SCIKIT_LEARN
from script.benchmark.mixture import Array
from script.benchmark.rounds import progress

RESAMPLES = 20


@dataclass(frozen=True)
class Stability:
    """Adjusted Rand indices (RESAMPLES,) against the fit to all rows, and its thinnest variance."""

    indices: Array
    smallest_eigenvalue: float


@dataclass(frozen=True)
class StabilityResult:
    """Of the chosen number of components and covariance type, by contender."""

    n_components: int
    covariance_type: str
    by: dict[str, Stability]


def measure_stability() -> StabilityResult:
    """Bootstrap refits at the chosen K. The features are those of the last run of customers_train.

    Raises InputError when there was none.
    """
    segmentation = settings.find("customers")
    with taken(segmentation.features, local()) as snapshot:
        decided = scales(snapshot, segmentation.features.columns)
        values = np.vstack([batch.values for batch in snapshot.batches()])
    preparation = preparation_of(decided)
    rows: Array = preparation.fit_transform(pd.DataFrame(values, columns=list(decided)))
    widths = Transform.of(preparation).cell_widths(values, list(decided.values()))
    mixture = segmentation.mixture
    best = select_mixture(
        rows,
        range(mixture.n_components.min, mixture.n_components.max + 1),
        mixture.covariance_types,
        criterion=mixture.criterion,
        parsimony=mixture.parsimony,
        resolution=widths,
        seed=mixture.seed,
    ).best
    k, kind = best.n_components, best.covariance_type

    def by_us(which: NDArray[np.intp]) -> GaussianMixture:
        selection = select_mixture(
            rows[which], [k], [kind], resolution=widths[which], seed=mixture.seed
        )
        return selection.to_sklearn()

    def by_scikit_learn(which: NDArray[np.intp]) -> GaussianMixture:
        return GaussianMixture(k, covariance_type=kind, random_state=mixture.seed).fit(rows[which])

    return StabilityResult(
        k,
        kind,
        {
            OURS: _stability(rows, by_us, OURS),
            SCIKIT_LEARN: _stability(rows, by_scikit_learn, SCIKIT_LEARN),
        },
    )


def _stability(
    rows: Array, fit: Callable[[NDArray[np.intp]], GaussianMixture], name: str
) -> Stability:
    n = len(rows)
    whole = fit(np.arange(n))
    labels = whole.predict(rows)
    indices = []
    for number in range(RESAMPLES):
        resampled = np.random.default_rng(number).integers(0, n, n)
        indices.append(adjusted_rand_score(labels, fit(resampled).predict(rows)))
        progress(f"  {name}, resample {number + 1} of {RESAMPLES}: {indices[-1]:.3f}")
    return Stability(np.array(indices), float(np.linalg.eigvalsh(whole.covariances_).min()))
