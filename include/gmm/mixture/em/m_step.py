"""The M-step: from sufficient statistics to the parameters that maximise what they expect."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from include.gmm.mixture.em.prior import CovariancePrior
from include.gmm.mixture.parameters import (
    Array,
    CovarianceType,
    Parameters,
    has_cross_products,
    upper_triangle,
)

FEW = 10 * np.finfo(np.float64).eps  # added to every count, as scikit-learn does: no 0 / 0


def m_step(
    statistics: Array,
    centres: Array,
    sizes: Sequence[int],
    covariance_type: CovarianceType,
    reg_covar: Array,
    cell_variance: Array | None = None,
    priors: Sequence[CovariancePrior] | None = None,
) -> Parameters:
    """The next parameters of mixtures of `sizes` components whose statistics a pass collected.

    statistics (M, D) about centres (M, d); reg_covar (d,) is added to every variance;
    cell_variance (d,) is what rounding hides in all rows alike (what it hides row by row is in the
    statistics already); priors: one per mixture, for the posterior mode instead of the maximum.
    """
    d = centres.shape[1]
    cross_products = has_cross_products(covariance_type)
    offsets = np.cumsum(sizes) - sizes
    counts = statistics[:, -1] + FEW
    weights = counts / np.repeat(np.add.reduceat(counts, offsets), sizes)
    shift = statistics[:, -1 - d : -1] / counts[:, None]
    means = centres + shift
    moments = statistics[:, : -1 - d] / counts[:, None]
    if cross_products:
        first, second = upper_triangle(d)
        covariances = np.empty((len(counts), d, d))
        covariances[:, first, second] = covariances[:, second, first] = moments
        covariances -= shift[:, :, None] * shift[:, None, :]
        diagonal = np.einsum("kii->ki", covariances)  # a view
    else:
        covariances = diagonal = moments - shift**2
    if cell_variance is not None:
        diagonal += cell_variance
    if priors is None:
        covariances = _pooled(covariances, weights, sizes, covariance_type)
    else:
        parts = [slice(at, at + size) for at, size in zip(offsets, sizes, strict=True)]
        covariances = np.concatenate(
            [
                prior.covariances(counts[part], means[part], covariances[part], covariance_type)
                for prior, part in zip(priors, parts, strict=True)
            ]
        )
        means = np.concatenate(
            [prior.means(counts[p], means[p]) for prior, p in zip(priors, parts, strict=True)]
        )
    if covariance_type == "spherical":
        covariances = covariances + reg_covar.mean()
    elif cross_products:
        covariances = covariances + np.diag(reg_covar)
    else:
        covariances = covariances + reg_covar
    return Parameters(weights, means, covariances, tuple(sizes))


def _pooled(
    covariances: Array, weights: Array, sizes: Sequence[int], covariance_type: CovarianceType
) -> Array:
    """What the type shares: one covariance in a mixture, or one variance in a component."""
    if covariance_type == "tied":
        offsets = np.cumsum(sizes) - sizes
        pooled = np.add.reduceat(weights[:, None, None] * covariances, offsets, axis=0)
        return np.repeat(pooled, sizes, axis=0)
    if covariance_type == "spherical":
        return np.repeat(covariances.mean(axis=1, keepdims=True), covariances.shape[1], axis=1)
    return covariances
