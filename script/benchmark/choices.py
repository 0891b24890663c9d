"""The whole selection table: every number of components with every covariance type."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from script.benchmark.contenders import OURS, SCIKIT_LEARN
from script.benchmark.mixture import Array

COMPONENTS = range(1, 11)
COVARIANCE_TYPES: tuple[Literal["full", "tied", "diag", "spherical"], ...] = (
    "full",
    "tied",
    "diag",
    "spherical",
)
COLLAPSED = 1e-5  # a variance this small, of standardised rows, is scikit-learn's reg_covar


@dataclass(frozen=True)
class Choice:
    """The lowest BIC of a candidate that is not degenerate, whose it is, and how many are."""

    bic: float
    n_components: int
    covariance_type: str
    degenerate: int


def by_us(rows: Array, n_components: Sequence[int]) -> Choice:
    """One call."""
    # Only where it is measured, as in contenders.py.
    from include.gmm.mixture import select_mixture

    candidates = select_mixture(
        rows, n_components=n_components, covariance_types=COVARIANCE_TYPES, seed=0, resolution=None
    ).candidates
    return _best([(c.bic, c.n_components, c.covariance_type, c.degenerate) for c in candidates])


def by_scikit_learn(rows: Array, n_components: Sequence[int]) -> Choice:
    """A loop of fits with scikit-learn's defaults, as its users write it."""
    candidates = []
    for k in n_components:
        for covariance_type in COVARIANCE_TYPES:
            model = GaussianMixture(k, covariance_type=covariance_type, random_state=0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(rows)
            variances = model.covariances_
            if covariance_type in ("full", "tied"):
                variances = np.linalg.eigvalsh(variances)
            degenerate = bool(np.min(variances) <= COLLAPSED)
            candidates.append((float(model.bic(rows)), k, covariance_type, degenerate))
    return _best(candidates)


def _best(candidates: Sequence[tuple[float, int, str, bool]]) -> Choice:
    sound = [candidate[:3] for candidate in candidates if not candidate[3]]
    return Choice(*min(sound), degenerate=len(candidates) - len(sound))


CHOOSERS: dict[str, Callable[[Array, Sequence[int]], Choice]] = {
    OURS: by_us,
    SCIKIT_LEARN: by_scikit_learn,
}
