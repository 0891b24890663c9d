"""The two matrix products that EM for a Gaussian mixture consists of.

A row x is expanded once to phi(x), which lists what a Gaussian log-density is linear in:
its squares (and, where covariances have off-diagonal terms, its cross products), x itself and 1.
With one weight vector per component,

    log(w_k N(x | mu_k, Sigma_k)) = W_k . phi(x)          (E-step: one product)
    sufficient statistics         = responsibilities^T phi (M-step: one product)

A value that was rounded before we saw it is known up to its rounding cell only. For a uniform
cell of width h, E[x^2] = x^2 + h^2/12 (Sheppard's correction), so `cell_variance` is added to the
squares and nothing else changes. The likelihood is then a lower bound of the likelihood of the
unrounded value (Jensen), and no component can become narrower than the rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
CovarianceType = Literal["full", "tied", "diag", "spherical"]

BLOCK_ROWS = 1024  # a block of phi and its responsibilities stay in the processor's cache


@dataclass(frozen=True)
class Parameters:
    """A mixture of K Gaussians in d dimensions, covariances always as K matrices.

    weights (K,), means (K, d), covariances (K, d, d).
    """

    weights: Array
    means: Array
    covariances: Array


def expand(rows: Array, cell_variance: Array, *, cross_products: bool) -> Array:
    """phi of every row: (n, d) and (n, d) -> (n, D).

    D = d(d+1)/2 + d + 1 with cross products (the squares come first), otherwise 2d + 1.
    """
    parts = [rows**2 + cell_variance]
    if cross_products:
        first, second = np.triu_indices(rows.shape[1], k=1)
        parts.append(rows[:, first] * rows[:, second])
    return np.ascontiguousarray(np.hstack([*parts, rows, np.ones((len(rows), 1))]))


def log_density_weights(parameters: Parameters, *, cross_products: bool) -> Array:
    """W (K, D) such that `phi @ W.T` is log(w_k N(x | k)).

    Raises numpy.linalg.LinAlgError when a covariance is not positive definite.
    """
    n_features = parameters.means.shape[1]
    first, second = np.triu_indices(n_features, k=1)
    lower = np.linalg.cholesky(parameters.covariances)
    inverse = np.linalg.inv(lower)
    precisions = inverse.transpose(0, 2, 1) @ inverse
    linear = np.einsum("kij,kj->ki", precisions, parameters.means)
    log_determinants = 2 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
    constant = np.log(parameters.weights) - 0.5 * (
        n_features * np.log(2 * np.pi)
        + log_determinants
        + np.einsum("ki,ki->k", linear, parameters.means)
    )
    parts = [-0.5 * np.diagonal(precisions, axis1=1, axis2=2)]
    if cross_products:
        parts.append(-precisions[:, first, second])
    return np.hstack([*parts, linear, constant[:, None]])


def e_step(phi: Array, weights: Array) -> tuple[float, Array, float]:
    """One pass over the rows: log-likelihood, statistics (K, D), and entropy of the memberships.

    phi (n, D), weights (K, D). The entropy, -sum r log r, is what ICL adds to BIC.
    """
    log_likelihood = entropy = 0.0
    statistics = np.zeros_like(weights)
    for start in range(0, len(phi), BLOCK_ROWS):
        block = phi[start : start + BLOCK_ROWS]
        log_joint = weights @ block.T  # (K, rows): reductions run along contiguous rows
        peak = log_joint.max(axis=0)
        responsibilities = np.exp(log_joint - peak)
        total = responsibilities.sum(axis=0)
        responsibilities /= total
        log_total = np.log(total) + peak
        log_likelihood += float(log_total.sum())
        entropy += float(log_total.sum() - np.vdot(responsibilities, log_joint))
        statistics += responsibilities @ block
    return log_likelihood, statistics, entropy


def m_step(
    statistics: Array, n_features: int, covariance_type: CovarianceType, reg_covar: float
) -> Parameters:
    """The parameters that maximise the expected log-likelihood, from statistics (K, D)."""
    counts = statistics[:, -1] + 10 * np.finfo(np.float64).eps
    weights = counts / counts.sum()
    means = statistics[:, -1 - n_features : -1] / counts[:, None]
    moments = statistics[:, : -1 - n_features] / counts[:, None]
    covariances = _second_moments(moments, n_features) - means[:, :, None] * means[:, None, :]
    diagonal = np.eye(n_features, dtype=bool)
    if covariance_type == "tied":
        covariances = np.broadcast_to(
            np.einsum("k,kij->ij", weights, covariances), covariances.shape
        )
    elif covariance_type in ("diag", "spherical"):
        covariances = np.where(diagonal, covariances, 0.0)
    if covariance_type == "spherical":
        variances = np.trace(covariances, axis1=1, axis2=2) / n_features
        covariances = variances[:, None, None] * np.eye(n_features)
    return Parameters(weights, means, covariances + reg_covar * np.eye(n_features))


def _second_moments(moments: Array, n_features: int) -> Array:
    """E[x x^T] (K, d, d) from the squares and, where phi has them, the cross products."""
    full = np.zeros((len(moments), n_features, n_features))
    full[:, np.arange(n_features), np.arange(n_features)] = moments[:, :n_features]
    if moments.shape[1] > n_features:
        first, second = np.triu_indices(n_features, k=1)
        full[:, first, second] = full[:, second, first] = moments[:, n_features:]
    return full
