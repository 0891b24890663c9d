"""The conjugate prior: its density, its mode, and what it does to small tables."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import invgamma, invwishart, multivariate_normal

from include.gmm.mixture.em.acceleration import Anderson
from include.gmm.mixture.em.climb import Climb
from include.gmm.mixture.em.kernel import expand, log_density, memberships
from include.gmm.mixture.em.m_step import m_step
from include.gmm.mixture.em.prior import CovariancePrior, default_prior
from include.gmm.mixture.parameters import Array, CovarianceType, Parameters, has_cross_products
from include.gmm.mixture.rows.source import InMemory
from tests.gmm.mixture.examples import TYPES, climb, matrices, rows_of, some_parameters

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

shapes = {
    "k": st.integers(1, 3),
    "d": st.integers(1, 3),
    "kind": st.sampled_from(TYPES),
    "seed": st.integers(0, 10_000),
}


def some_prior(d: int, seed: int) -> CovariancePrior:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(d, d))
    return CovariancePrior(
        rng.normal(size=d), root @ root.T + np.eye(d), d + rng.uniform(1, 5), rng.uniform(0.1, 9)
    )


def mode(rows: Array, labels: Array, kind: CovarianceType, prior: CovariancePrior) -> Parameters:
    """The M-step where every row belongs to one component."""
    k, d = int(labels.max()) + 1, rows.shape[1]
    shares = (labels[:, None] == np.arange(k)).astype(np.float64)
    statistics = shares.T @ expand(rows, None, cross_products=has_cross_products(kind))
    return m_step(statistics, np.zeros((k, d)), [k], kind, np.zeros(d), priors=[prior])


def perturbed(mixture: Parameters, kind: CovarianceType, seed: int) -> Parameters:
    """A mixture of the same type close by."""
    rng = np.random.default_rng(seed)
    k, d = mixture.means.shape
    weights = mixture.weights * np.exp(0.03 * rng.normal(size=k))
    means = mixture.means + 0.03 * rng.normal(size=(k, d))
    away = 0.03 * rng.normal(size=mixture.covariances.shape)
    if kind == "tied":
        away = np.repeat(away[:1], k, axis=0)
    if kind == "spherical":
        away = np.repeat(away[:, :1], d, axis=1)
    if mixture.covariances.ndim == 2:
        covariances = mixture.covariances * np.exp(away)
    else:
        stretched = (np.eye(d) + away) @ np.linalg.cholesky(mixture.covariances)
        covariances = stretched @ stretched.transpose(0, 2, 1)
    return Parameters(weights / weights.sum(), means, covariances, mixture.sizes)


@given(**shapes)
@settings(deadline=None, max_examples=100)
def test_the_m_step_finds_the_mode_of_the_posterior(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    labels = np.append(np.arange(k), rng.integers(0, k, 20))
    rows, prior = rng.normal(size=(k + 20, d)) + 2 * labels[:, None], some_prior(d, seed)

    def log_posterior(mixture: Parameters) -> float:
        total = prior.log_density(mixture, kind)
        for row, label in zip(rows, labels, strict=True):
            density = multivariate_normal(mixture.means[label], matrices(mixture)[label])
            total += float(np.log(mixture.weights[label]) + density.logpdf(row))
        return total

    found = mode(rows, labels, kind, prior)
    for variant in range(3):
        assert log_posterior(found) > log_posterior(perturbed(found, kind, seed + variant))


@given(**shapes)
@settings(deadline=None, max_examples=40)
def test_the_prior_is_normal_of_means_and_inverse_wishart_of_covariances(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    prior = some_prior(d, seed)
    nu, scale = prior.degrees_of_freedom, prior.scale

    def by_scipy(mixture: Parameters) -> float:
        total, covariances = 0.0, matrices(mixture)
        for mean, covariance in zip(mixture.means, covariances, strict=True):
            total += multivariate_normal(prior.mean, covariance / prior.shrinkage).logpdf(mean)
        for covariance in covariances[:1] if kind == "tied" else covariances:
            if has_cross_products(kind):
                total += invwishart(nu, scale).logpdf(covariance)
            elif kind == "diag":
                variances = np.diagonal(covariance)
                total += invgamma(nu / 2, scale=np.diagonal(scale) / 2).logpdf(variances).sum()
            else:
                one = np.trace(scale) / d
                total += float(invgamma(nu / 2, scale=one / 2).logpdf(covariance[0, 0]))
        return total

    here, there = (some_parameters(k, d, kind, seed + n) for n in (0, 1))
    difference = prior.log_density(here, kind) - prior.log_density(there, kind)
    assert difference == pytest.approx(by_scipy(here) - by_scipy(there), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("kind", TYPES)
def test_one_column_gives_the_formulas_of_fraley_and_raftery(kind: CovarianceType) -> None:
    rows, labels = np.array([[0.0], [1.0], [3.0], [10.0], [14.0]]), np.array([0, 0, 0, 1, 1])
    nu, kappa, mu, s2 = 3.0, 0.5, 4.0, 2.0
    prior = CovariancePrior(np.array([mu]), np.array([[s2]]), nu, kappa)

    got = mode(rows, labels, kind, prior)

    variances = []
    for group in (rows[labels == 0], rows[labels == 1]):
        n, mean = len(group), group.mean()
        pulled = kappa * n / (kappa + n) * (mean - mu) ** 2
        variances.append(pulled + ((group - mean) ** 2).sum())
    if kind == "tied":
        expected = [(s2 + sum(variances)) / (nu + 5 + 2 + 2)] * 2
    else:
        expected = [(s2 + variances[0]) / (nu + 3 + 3), (s2 + variances[1]) / (nu + 2 + 3)]
    np.testing.assert_allclose(got.covariances.ravel(), expected, rtol=1e-12)
    means = [(4 + kappa * mu) / (3 + kappa), (24 + kappa * mu) / (2 + kappa)]
    np.testing.assert_allclose(got.means.ravel(), means, rtol=1e-12)


def test_the_default_is_that_of_the_paper() -> None:
    mean, covariance = np.array([1.0, 2.0, 3.0]), np.diag([1.0, 4.0, 9.0])
    prior = default_prior(mean, covariance, 8)
    np.testing.assert_array_equal(prior.mean, mean)
    np.testing.assert_allclose(prior.scale, covariance / 4)
    assert (prior.degrees_of_freedom, prior.shrinkage) == (5, 0.01)


@given(rounded=st.booleans(), **shapes)
@settings(deadline=None, max_examples=30)
def test_no_step_of_em_lowers_the_posterior(
    rounded: bool, k: int, d: int, kind: CovarianceType, seed: int
) -> None:

    rows = rows_of(some_parameters(3, d, kind, seed), 60, seed)
    cells = np.random.default_rng(seed).uniform(0, 0.5, rows.shape) if rounded else None
    one = Climb(some_parameters(k, d, kind, seed + 1), kind, some_prior(d, seed))

    climb(InMemory(rows, cells), [one], tol=0, max_iter=25)

    assert len(one.objectives) == 25
    assert np.diff(one.objectives).min() >= -1e-11


@pytest.mark.parametrize("kind", TYPES)
def test_the_objective_is_the_log_posterior_of_the_parameters_per_row(kind: CovarianceType) -> None:
    rows, prior = rows_of(some_parameters(3, 2, kind, 1), 60, 1), some_prior(2, 1)
    one = Climb(some_parameters(2, 2, kind, 2), kind, prior, Anderson(kind, np.ones(2)))
    climb(rows, [one], tol=1e-12, max_iter=4)
    found = np.empty((60, 2)), np.empty(60)
    memberships(rows, log_density(one.parameters, rows[0]), *found)
    expected = (found[1].sum() + prior.log_density(one.parameters, kind)) / 60
    assert one.objective == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("kind", TYPES)
def test_means_are_pulled_towards_that_of_the_prior(kind: CovarianceType) -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], 20)
    rows, prior = rng.normal(size=(40, 2)) + 5 * labels[:, None], some_prior(2, 1)

    def distances(shrinkage: float) -> Array:
        means = mode(rows, labels, kind, replace(prior, shrinkage=shrinkage)).means
        away: Array = np.linalg.norm(means - prior.mean, axis=1)
        return away

    steps = [distances(shrinkage) for shrinkage in (0.0, 0.1, 1.0, 10.0, 1e9)]
    assert (np.diff(steps, axis=0) < 0).all()
    np.testing.assert_allclose(steps[-1], 0, atol=1e-6)
    plain = [rows[labels == label].mean(axis=0) - prior.mean for label in (0, 1)]
    np.testing.assert_allclose(steps[0], np.linalg.norm(plain, axis=1), rtol=1e-12)


@pytest.mark.parametrize("kind", TYPES)
def test_a_table_of_repeated_rows_does_not_collapse(kind: CovarianceType) -> None:
    rows = np.repeat([[0.0, 0.0], [1.0, 3.0], [4.0, 1.0], [6.0, 6.0]], 25, axis=0)
    prior = default_prior(rows.mean(axis=0), np.cov(rows.T), 4)
    variances = np.ones((4, 2))
    start = Parameters(
        np.full(4, 0.25),
        rows[::25] + 0.1,
        variances[:, :, None] * np.eye(2) if has_cross_products(kind) else variances,
        (4,),
    )
    one = Climb(start, kind, prior)

    climb(rows, [one], max_iter=300)

    assert one.converged
    floor = np.linalg.eigvalsh(prior.scale)[0] / (prior.degrees_of_freedom + 25 + 4)
    if kind == "tied":
        floor = np.linalg.eigvalsh(prior.scale)[0] / (prior.degrees_of_freedom + 100 + 4 + 2 + 1)
    if kind == "spherical":
        floor = np.trace(prior.scale) / 2 / (prior.degrees_of_freedom + 26 * 2 + 2)
    assert np.linalg.eigvalsh(matrices(one.image)).min() >= 0.99 * floor
