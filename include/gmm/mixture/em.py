"""Expectation-maximisation from several starts, to a plain scikit-learn GaussianMixture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import kmeans_plusplus
from sklearn.mixture import GaussianMixture

from include.gmm.mixture.kernel import (
    Array,
    CovarianceType,
    Parameters,
    e_step,
    expand,
    log_density_weights,
    m_step,
)

REG_COVAR = 1e-6  # scikit-learn's default, added to every variance at every M-step
STARTS = 20
START_ROWS = 4_000  # starts compete on a sample: k-means on all rows would cost more than EM
FINALISTS = 2  # the best starts are carried on over all rows
TOLERANCE = 1e-5  # of the log-likelihood per row
START_TOLERANCE = 1e-3
AGREEMENT = 1e-2  # starts that end this close, per row, found the same optimum
MAX_ITERATIONS = 1_000


@dataclass(frozen=True)
class Fit:
    """A fitted mixture. `log_likelihood` and `entropy` are sums over the rows."""

    parameters: Parameters
    covariance_type: CovarianceType
    log_likelihood: float
    entropy: float
    converged: bool
    iterations: int
    starts: int
    starts_agreed: int


def has_cross_products(covariance_type: CovarianceType) -> bool:
    """Whether covariances of this type have off-diagonal terms."""
    return covariance_type in ("full", "tied")


def fit_mixture(
    rows: Array,
    cell_variance: Array,
    n_components: int,
    covariance_type: CovarianceType,
    seed: int,
) -> Fit:
    """The best of several EM fits of K Gaussians to standardised rows (n, d).

    cell_variance (n, d) is the variance that rounding hides, in the same units squared. Each
    start is k-means++ on a sample, improved there by EM; the best few go on over all rows.
    """
    rng = np.random.default_rng([seed, n_components, len(covariance_type)])
    sample = np.sort(rng.choice(len(rows), min(START_ROWS, len(rows)), replace=False))
    phi = expand(rows, cell_variance, cross_products=has_cross_products(covariance_type))
    starts = [
        _climb(
            phi[sample],
            _kmeans_start(rows[sample], phi[sample], n_components, covariance_type, rng),
            covariance_type,
            START_TOLERANCE,
        )
        for _ in range(STARTS if n_components > 1 else 1)
    ]
    starts.sort(key=lambda climb: climb.log_likelihood, reverse=True)
    least = starts[0].log_likelihood - AGREEMENT * len(sample)
    finals = [
        _climb(phi, start.parameters, covariance_type, TOLERANCE) for start in starts[:FINALISTS]
    ]
    final = max(finals, key=lambda climb: climb.log_likelihood)
    return Fit(
        _by_weight(final.parameters),
        covariance_type,
        final.log_likelihood,
        final.entropy,
        final.converged,
        final.iterations,
        len(starts),
        sum(start.log_likelihood >= least for start in starts),
    )


@dataclass(frozen=True)
class _Climb:
    parameters: Parameters
    log_likelihood: float
    entropy: float
    converged: bool
    iterations: int


def _climb(
    phi: Array, parameters: Parameters, covariance_type: CovarianceType, tolerance: float
) -> _Climb:
    """EM until a step gains less than `tolerance` per row.

    The log-likelihood returned is that of the parameters returned, never of the step before.
    """
    n_features = parameters.means.shape[1]
    cross_products = has_cross_products(covariance_type)
    previous = -np.inf
    for iteration in range(MAX_ITERATIONS + 1):
        weights = log_density_weights(parameters, cross_products=cross_products)
        log_likelihood, statistics, entropy = e_step(phi, weights)
        converged = log_likelihood - previous < tolerance * len(phi)
        if converged or iteration == MAX_ITERATIONS:
            break
        previous = log_likelihood
        parameters = m_step(statistics, n_features, covariance_type, REG_COVAR)
    return _Climb(parameters, log_likelihood, entropy, bool(converged), iteration)


def _kmeans_start(
    rows: Array,
    phi: Array,
    n_components: int,
    covariance_type: CovarianceType,
    rng: np.random.Generator,
) -> Parameters:
    """Parameters from a hard assignment of rows to k-means++ centres."""
    centres, _ = kmeans_plusplus(rows, n_components, random_state=int(rng.integers(2**31)))
    squared_distances = -2 * rows @ centres.T + (centres**2).sum(axis=1)
    responsibilities = np.eye(n_components)[squared_distances.argmin(axis=1)]
    return m_step(responsibilities.T @ phi, rows.shape[1], covariance_type, REG_COVAR)


def _by_weight(parameters: Parameters) -> Parameters:
    """Largest component first, so that numbers mean the same from run to run."""
    order = np.lexsort((*parameters.means.T[::-1], -parameters.weights))
    return Parameters(
        parameters.weights[order], parameters.means[order], parameters.covariances[order]
    )


def to_sklearn(fit: Fit, n_rows: int, seed: int) -> GaussianMixture:
    """A scikit-learn GaussianMixture with the fitted parameters, as if its own `fit` had run."""
    parameters, covariance_type = fit.parameters, fit.covariance_type
    model = GaussianMixture(
        n_components=len(parameters.weights),
        covariance_type=covariance_type,
        reg_covar=REG_COVAR,
        tol=TOLERANCE,
        max_iter=MAX_ITERATIONS,
        n_init=fit.starts,
        random_state=seed,
    )
    model.weights_ = np.ascontiguousarray(parameters.weights)
    model.means_ = np.ascontiguousarray(parameters.means)
    model.covariances_ = _in_layout(parameters.covariances, covariance_type)
    model.precisions_ = _in_layout(np.linalg.inv(parameters.covariances), covariance_type)
    if has_cross_products(covariance_type):
        lower_inverse = np.linalg.inv(np.linalg.cholesky(model.covariances_))
        model.precisions_cholesky_ = np.ascontiguousarray(np.swapaxes(lower_inverse, -1, -2))
    else:
        model.precisions_cholesky_ = 1 / np.sqrt(model.covariances_)
    model.converged_ = fit.converged
    model.n_iter_ = fit.iterations
    model.lower_bound_ = fit.log_likelihood / n_rows
    model.lower_bounds_ = [model.lower_bound_]
    model.n_features_in_ = parameters.means.shape[1]
    return model


def _in_layout(matrices: Array, covariance_type: CovarianceType) -> Array:
    """K matrices (K, d, d) in the shape in which scikit-learn keeps those of this type."""
    if covariance_type == "full":
        kept = matrices
    elif covariance_type == "tied":
        kept = matrices[0]
    elif covariance_type == "diag":
        kept = np.diagonal(matrices, axis1=1, axis2=2)
    else:
        kept = matrices[:, 0, 0]
    return np.ascontiguousarray(kept)
