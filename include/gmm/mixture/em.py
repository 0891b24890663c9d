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
STARTS = 10
START_ROWS = 4_000  # starts compete on a sample: k-means on all rows would cost more than EM
FINALISTS = 2  # the best starts are carried to convergence on all rows
TOLERANCE = 1e-5  # of the log-likelihood per row
START_TOLERANCE = 1e-3
AGREEMENT = 1e-4  # finalists that end this close, per row, found the same optimum
MAX_ITERATIONS = 1_000
COLLAPSED = 10 * REG_COVAR  # a variance this small is the regularisation's, not the data's


@dataclass(frozen=True)
class Fit:
    """A fitted mixture. `log_likelihood` and `entropy` are sums over the rows.

    `starts` were carried to convergence on all rows; `starts_agreed` of them reached the best.
    """

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
    smaller: Parameters | None = None,
) -> Fit:
    """The best of several EM fits of K Gaussians to standardised rows (n, d).

    cell_variance (n, d) is the variance that rounding hides, in the same units squared. Starts are
    k-means++ on a sample, improved there by EM, and, where `smaller` gives the mixture with one
    component less, that mixture with each component split in turn. The best k-means starts and
    the best split go on over all rows. A mixture that collapsed loses to any that did not: its
    likelihood grows without bound and says nothing of the rows.
    """
    rng = np.random.default_rng([seed, n_components, *covariance_type.encode()])
    sample = np.sort(rng.choice(len(rows), min(START_ROWS, len(rows)), replace=False))
    phi = expand(rows, cell_variance, cross_products=has_cross_products(covariance_type))
    few_rows, few_phi = rows[sample], phi[sample]

    def improved(starts: list[Parameters]) -> list[_Climb]:
        climbs = [_climb(few_phi, start, covariance_type, START_TOLERANCE) for start in starts]
        return sorted(climbs, key=_merit, reverse=True)

    random = improved(
        [
            _kmeans_start(few_rows, few_phi, n_components, covariance_type, rng)
            for _ in range(STARTS if n_components > 1 else 1)
        ]
    )
    halves = smaller if smaller and len(smaller.weights) == n_components - 1 else None
    splits = improved([_split(halves, k) for k in range(n_components - 1)] if halves else [])
    finals = [
        _climb(phi, start.parameters, covariance_type, TOLERANCE)
        for start in random[:FINALISTS] + splits[:1]
    ]
    best = max(finals, key=_merit)
    least = best.log_likelihood - AGREEMENT * len(rows)
    return Fit(
        _by_weight(best.parameters),
        covariance_type,
        best.log_likelihood,
        best.entropy,
        best.converged,
        best.iterations,
        len(finals),
        sum(_merit(final) >= (_merit(best)[0], least) for final in finals),
    )


@dataclass(frozen=True)
class _Climb:
    parameters: Parameters
    log_likelihood: float
    entropy: float
    converged: bool
    iterations: int


def _merit(climb: _Climb) -> tuple[bool, float]:
    """Sound before collapsed, then by log-likelihood."""
    return smallest_eigenvalue(climb.parameters) > COLLAPSED, climb.log_likelihood


def smallest_eigenvalue(parameters: Parameters) -> float:
    """The variance of the thinnest component along its thinnest axis."""
    return float(np.linalg.eigvalsh(parameters.covariances).min())


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


def _split(parameters: Parameters, component: int) -> Parameters:
    """One component more: this one in two halves, one deviation apart along its longest axis."""
    covariance = parameters.covariances[component]
    variances, axes = np.linalg.eigh(covariance)
    half_apart = 0.5 * np.sqrt(variances[-1]) * axes[:, -1]
    weights = np.append(parameters.weights, parameters.weights[component] / 2)
    weights[component] /= 2
    means = np.vstack([parameters.means, parameters.means[component] + half_apart])
    means[component] -= half_apart
    return Parameters(weights, means, np.concatenate([parameters.covariances, covariance[None]]))


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
