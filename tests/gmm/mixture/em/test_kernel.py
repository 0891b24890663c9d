"""The kernel against scipy's densities and scikit-learn's EM."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from include.gmm.mixture.em import has_cross_products
from include.gmm.mixture.kernel import (
    BLOCK_ROWS,
    CovarianceType,
    Parameters,
    e_step,
    expand,
    log_density_weights,
    m_step,
)

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

TYPES: tuple[CovarianceType, ...] = ("full", "tied", "diag", "spherical")


def some_parameters(k: int, d: int, kind: CovarianceType, seed: int) -> Parameters:
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(k, d, d))
    covariances = roots @ roots.transpose(0, 2, 1) + np.eye(d)
    if kind == "tied":
        covariances = np.broadcast_to(covariances[0], covariances.shape)
    if kind in ("diag", "spherical"):
        covariances = covariances * np.eye(d)
    if kind == "spherical":
        covariances = covariances[:, :1, :1] * np.eye(d)
    return Parameters(rng.dirichlet(np.ones(k)), rng.normal(size=(k, d)), covariances)


shapes = {
    "k": st.integers(1, 4),
    "d": st.integers(1, 4),
    "kind": st.sampled_from(TYPES),
    "seed": st.integers(0, 10_000),
}


@given(**shapes)
@settings(deadline=None, max_examples=40)
def test_log_densities_are_those_of_scipy(k: int, d: int, kind: CovarianceType, seed: int) -> None:
    parameters = some_parameters(k, d, kind, seed)
    rows = np.random.default_rng(seed + 1).normal(size=(30, d))
    cross = has_cross_products(kind)
    phi = expand(rows, np.zeros_like(rows), cross_products=cross)

    got = phi @ log_density_weights(parameters, cross_products=cross).T

    for component in range(k):
        density = multivariate_normal(
            parameters.means[component], parameters.covariances[component]
        ).logpdf(rows)
        expected = np.log(parameters.weights[component]) + density
        np.testing.assert_allclose(got[:, component], expected, rtol=1e-9, atol=1e-9)


@given(**shapes)
@settings(deadline=None, max_examples=40)
def test_log_likelihood_and_entropy_are_sums_over_rows(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    parameters = some_parameters(k, d, kind, seed)
    rows = np.random.default_rng(seed + 1).normal(size=(BLOCK_ROWS + 7, d))
    phi = expand(rows, np.zeros_like(rows), cross_products=True)
    weights = log_density_weights(parameters, cross_products=True)

    log_likelihood, statistics, entropy = e_step(phi, weights)

    joint = phi @ weights.T
    total = logsumexp(joint, axis=1)
    memberships = np.exp(joint - total[:, None])
    assert log_likelihood == pytest.approx(total.sum(), rel=1e-10)
    assert entropy == pytest.approx(-(memberships * (joint - total[:, None])).sum(), abs=1e-6)
    np.testing.assert_allclose(statistics[:, -1].sum(), len(rows), rtol=1e-12)


@given(**shapes)
@settings(deadline=None, max_examples=40)
def test_a_step_of_em_never_lowers_the_log_likelihood(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(200, d)) * rng.uniform(0.5, 2, d)
    cross = has_cross_products(kind)
    phi = expand(rows, np.full_like(rows, 0.01), cross_products=cross)
    parameters = some_parameters(k, d, kind, seed)
    previous = -np.inf
    for _ in range(10):
        weights = log_density_weights(parameters, cross_products=cross)
        log_likelihood, statistics, _ = e_step(phi, weights)
        assert log_likelihood >= previous - 1e-7
        previous = log_likelihood
        parameters = m_step(statistics, d, kind, reg_covar=0)


@pytest.mark.parametrize("kind", TYPES)
def test_twenty_iterations_end_where_those_of_scikit_learn_end(kind: CovarianceType) -> None:
    rng = np.random.default_rng(5)
    rows = np.vstack([rng.normal(size=(300, 3)), rng.normal(2, 0.5, size=(200, 3))])
    start = some_parameters(2, 3, kind, 1)
    peer = GaussianMixture(
        2,
        covariance_type=kind,
        tol=0,
        max_iter=20,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init={
            "full": np.linalg.inv(start.covariances),
            "tied": np.linalg.inv(start.covariances[0]),
            "diag": 1 / np.diagonal(start.covariances, axis1=1, axis2=2),
            "spherical": 1 / start.covariances[:, 0, 0],
        }[kind],
    )
    with pytest.warns(Warning, match="converge"):
        peer.fit(rows)

    cross = has_cross_products(kind)
    phi = expand(rows, np.zeros_like(rows), cross_products=cross)
    parameters = start
    for _ in range(20):
        weights = log_density_weights(parameters, cross_products=cross)
        parameters = m_step(e_step(phi, weights)[1], 3, kind, reg_covar=1e-6)

    np.testing.assert_allclose(parameters.weights, peer.weights_, rtol=1e-9)
    np.testing.assert_allclose(parameters.means, peer.means_, rtol=1e-9, atol=1e-12)
    got = {
        "full": parameters.covariances,
        "tied": parameters.covariances[0],
        "diag": np.diagonal(parameters.covariances, axis1=1, axis2=2),
        "spherical": parameters.covariances[:, 0, 0],
    }[kind]
    np.testing.assert_allclose(got, peer.covariances_, rtol=1e-9, atol=1e-12)


def test_no_component_becomes_narrower_than_the_rounding_cell() -> None:
    rows = np.repeat([[0.0], [1.0], [2.0]], 50, axis=0)
    phi = expand(rows, np.full_like(rows, 1 / 12), cross_products=False)
    on_one_value = np.zeros((1, phi.shape[1])) + phi[:50].sum(axis=0)

    parameters = m_step(on_one_value, 1, "full", reg_covar=0)

    assert parameters.covariances[0, 0, 0] == pytest.approx(1 / 12)
