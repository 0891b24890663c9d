"""Who is measured, behind one protocol. All compute in float64, with all cores, unregularised."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from script.benchmark.mixture import Array, Mixture

OURS, SCIKIT_LEARN, ONE_DAL = "this project", "scikit-learn", "oneDAL"
PEERS = (SCIKIT_LEARN, ONE_DAL)


class Contender(Protocol):
    """Somebody who fits mixtures."""

    name: str

    def fit(self, rows: Array, start: Mixture, iterations: int) -> Mixture:
        """The parameters after exactly so many EM iterations on rows (n, d) from the start."""


class Estimator:
    """An estimator with the interface of scikit-learn's GaussianMixture; ours has it too."""

    def __init__(self, name: str, estimator: type[GaussianMixture]) -> None:
        self.name = name
        self._estimator = estimator
        self._model: Any = None

    def fit(self, rows: Array | Path, start: Mixture, iterations: int) -> Mixture:
        """See Contender; rows may be a Parquet file where the estimator reads one."""
        self._model = self._estimator(
            len(start.weights),
            covariance_type=start.covariance_type,
            tol=0.0,
            reg_covar=0.0,  # oneDAL adds nothing to a sound covariance, so nobody does
            max_iter=iterations,
            weights_init=start.weights,
            means_init=start.means,
            precisions_init=start.precisions,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # as we want it
            self._model.fit(rows)
        _check(self.name, self._model.n_iter_, iterations)
        return Mixture(self._model.weights_, self._model.means_, self._model.covariances_)

    def predict_proba(self, rows: Array) -> Array:
        """The probabilities (n, K) by the mixture that was fitted last."""
        probabilities: Array = self._model.predict_proba(rows)
        return probabilities


class OneDal:
    """oneDAL's EM, as daal4py hands it out.

    It wants the covariances as a list of K matrices, of one row each where they are diagonal.
    It regularises a covariance only when that is not positive definite, and stops as soon as an
    iteration gains no more than the threshold.
    """

    name = ONE_DAL

    def __init__(self) -> None:
        import daal4py  # only in a process that has the peers on its path

        self._em_gmm: Any = daal4py.em_gmm

    def fit(self, rows: Array, start: Mixture, iterations: int) -> Mixture:
        """See Contender."""
        algorithm = self._em_gmm(
            nComponents=len(start.weights),
            maxIterations=iterations,
            accuracyThreshold=0.0,
            covarianceStorage="full" if start.covariance_type == "full" else "diagonal",
        )
        covariances = [np.atleast_2d(covariance) for covariance in start.covariances]
        result = algorithm.compute(rows, start.weights[None], start.means, covariances)
        _check(self.name, int(result.nIterations[0, 0]), iterations)
        fitted = np.array(result.covariances).reshape(start.covariances.shape)
        return Mixture(result.weights[0], result.means, fitted)


def _check(name: str, done: int, iterations: int) -> None:
    if done != iterations:
        raise RuntimeError(f"{name} stopped after {done} of {iterations} iterations")


def _ours() -> Estimator:
    # Only where it is measured: what it imports is no part of a peer's memory.
    from include.gmm.mixture import StreamingGaussianMixture

    return Estimator(OURS, StreamingGaussianMixture)


def _scikit_learn() -> Estimator:
    return Estimator(SCIKIT_LEARN, GaussianMixture)


CONTENDERS: dict[str, Callable[[], Contender]] = {
    OURS: _ours,
    SCIKIT_LEARN: _scikit_learn,
    ONE_DAL: OneDal,
}
