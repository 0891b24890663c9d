"""Where EM starts: hard or random assignments of a sample's rows, or a smaller mixture split."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans, kmeans_plusplus

from include.gmm.mixture.em.kernel import expand
from include.gmm.mixture.em.m_step import m_step
from include.gmm.mixture.em.prior import CovariancePrior
from include.gmm.mixture.parameters import (
    Array,
    CovarianceType,
    Parameters,
    has_cross_products,
)
from include.gmm.mixture.rows.sample import Sample

Method = Literal["kmeans", "k-means++", "random", "random_from_data"]


class Starter:
    """Makes starts from a sample, whose columns it compares in units of scale (d,)."""

    def __init__(
        self,
        sample: Sample,
        centre: Array,
        scale: Array,
        reg_covar: Array,
        cell_variance: Array | None,
    ) -> None:
        self._sample = sample
        self._centre = centre
        self._standardised = (sample.rows - centre) / scale
        self._reg_covar = reg_covar
        self._cell_variance = cell_variance

    def start(
        self,
        method: Method,
        n_components: int,
        covariance_type: CovarianceType,
        random_state: np.random.RandomState,
        prior: CovariancePrior | None = None,
    ) -> Parameters:
        """Parameters from an assignment of the sample's rows to K components.

        kmeans and random as in scikit-learn; k-means++ and random_from_data assign each row to the
        nearest of the rows that they choose.
        """
        if method == "random":
            responsibilities = random_state.uniform(size=(len(self._sample.rows), n_components))
            responsibilities /= responsibilities.sum(axis=1, keepdims=True)
            centres = np.tile(self._centre, (n_components, 1))
            labels = np.zeros(len(responsibilities), np.intp)
        else:
            labels = self._labels(method, n_components, random_state)
            responsibilities = (labels[:, None] == np.arange(n_components)).astype(np.float64)
            # About the mean of the rows assigned: tight clusters far out keep their digits.
            weighted = responsibilities * self._sample.weights[:, None]
            counts = np.maximum(weighted.sum(axis=0), np.finfo(np.float64).tiny)
            centres = (
                self._centre + weighted.T @ (self._sample.rows - self._centre) / counts[:, None]
            )
        return m_step(
            (responsibilities * self._sample.weights[:, None]).T
            @ expand(
                self._sample.rows - centres[labels],
                self._sample.cells,
                cross_products=has_cross_products(covariance_type),
            ),
            centres,
            [n_components],
            covariance_type,
            self._reg_covar,
            self._cell_variance,
            None if prior is None else [prior],
        )

    def _labels(
        self, method: Method, n_components: int, random_state: np.random.RandomState
    ) -> NDArray[np.intp]:
        rows, weights = self._standardised, self._sample.weights
        n_distinct = min(n_components, len(rows))  # equal rows are one in the sample
        if method == "kmeans":
            clusters = KMeans(n_distinct, n_init=1, random_state=random_state)
            labels: NDArray[np.intp] = clusters.fit(rows, sample_weight=weights).labels_
            return labels
        if method == "k-means++":
            centres, _ = kmeans_plusplus(
                rows, n_distinct, sample_weight=weights, random_state=random_state
            )
        else:
            share = weights / weights.sum()
            centres = rows[random_state.choice(len(rows), n_distinct, replace=False, p=share)]
        squared_distances = -2 * rows @ centres.T + (centres**2).sum(axis=1)
        nearest: NDArray[np.intp] = squared_distances.argmin(axis=1)
        return nearest


def split(mixture: Parameters, component: int) -> Parameters:
    """One component more: this one in two halves, one deviation apart along its longest axis."""
    covariance = mixture.covariances[component]
    if covariance.ndim == 2:
        deviations = np.sqrt(np.diagonal(covariance))
        variances, axes = np.linalg.eigh(covariance / np.outer(deviations, deviations))
        half_apart = 0.5 * np.sqrt(variances[-1]) * axes[:, -1] * deviations
    else:
        half_apart = np.where(np.arange(len(covariance)) == covariance.argmax(), 0.5, 0.0)
        half_apart = half_apart * np.sqrt(covariance)
    weights = np.append(mixture.weights, mixture.weights[component] / 2)
    weights[component] /= 2
    means = np.vstack([mixture.means, mixture.means[component] + half_apart])
    means[component] -= half_apart
    covariances = np.concatenate([mixture.covariances, covariance[None]])
    return Parameters(weights, means, covariances, (len(weights),))


def every_split(mixture: Parameters) -> list[Parameters]:
    """The mixture with each of its components split in turn."""
    return [split(mixture, component) for component in range(len(mixture.weights))]


def every_removal(mixture: Parameters) -> list[Parameters]:
    """The mixture without each of its components in turn."""
    k = len(mixture.weights)
    return [
        Parameters(
            np.delete(mixture.weights, gone) / np.delete(mixture.weights, gone).sum(),
            np.delete(mixture.means, gone, axis=0),
            np.delete(mixture.covariances, gone, axis=0),
            (k - 1,),
        )
        for gone in range(k)
    ]


def by_weight(mixture: Parameters) -> Parameters:
    """Largest component first, so that numbers mean the same from fit to fit."""
    return mixture.take(np.lexsort((*mixture.means.T[::-1], -mixture.weights)))


def random_state_of(seed: int, *what: int) -> np.random.RandomState:
    """A generator of its own for every purpose: what else is fitted does not change it."""
    return np.random.RandomState(np.random.SeedSequence([seed, *what]).generate_state(4))
