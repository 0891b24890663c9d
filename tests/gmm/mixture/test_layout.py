"""Mixtures in scikit-learn's shapes, and back."""

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from include.gmm.mixture.layout import assign, covariances_of, fitted, spread
from include.gmm.mixture.parameters import CovarianceType, Parameters
from tests.gmm.mixture.examples import TYPES, matrices, rows_of, some_parameters


def assigned(mixture: Parameters, kind: CovarianceType) -> GaussianMixture:
    model = GaussianMixture(len(mixture.weights), covariance_type=kind)
    assign(model, mixture)
    return model


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_assigned_is_read_back(kind: CovarianceType) -> None:
    mixture = some_parameters(3, 2, kind, seed=1)
    back = fitted(assigned(mixture, kind))
    np.testing.assert_array_equal(back.weights, mixture.weights)
    np.testing.assert_array_equal(back.means, mixture.means)
    np.testing.assert_array_equal(back.covariances, mixture.covariances)
    assert back.sizes == (3,)


@pytest.mark.parametrize("kind", TYPES)
def test_attributes_have_the_shapes_of_a_fit_by_scikit_learn(kind: CovarianceType) -> None:
    mixture = some_parameters(3, 2, kind, seed=1)
    rows = rows_of(mixture, 200, seed=2)
    peer = GaussianMixture(3, covariance_type=kind, max_iter=500).fit(rows)
    model = assigned(fitted(peer), kind)
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        found = getattr(model, name)
        assert found.flags.c_contiguous
        np.testing.assert_allclose(found, getattr(peer, name), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", TYPES)
def test_scikit_learn_scores_rows_by_what_it_is_assigned(kind: CovarianceType) -> None:
    mixture = some_parameters(3, 2, kind, seed=1)
    rows = rows_of(mixture, 50, seed=2)
    joint = [
        np.log(weight) + multivariate_normal(mean, covariance).logpdf(rows)
        for weight, mean, covariance in zip(
            mixture.weights, mixture.means, matrices(mixture), strict=True
        )
    ]
    np.testing.assert_allclose(
        assigned(mixture, kind).score_samples(rows), logsumexp(joint, axis=0), rtol=1e-10
    )


@pytest.mark.parametrize("kind", TYPES)
def test_precisions_as_scikit_learn_keeps_them_become_covariances(kind: CovarianceType) -> None:
    mixture = some_parameters(3, 2, kind, seed=1)
    found = covariances_of(assigned(mixture, kind).precisions_, kind, 3, 2)
    np.testing.assert_allclose(found, mixture.covariances, rtol=1e-10, atol=1e-12)


def test_every_component_gets_the_covariance_that_the_type_shares() -> None:
    tied = np.array([[2.0, 1.0], [1.0, 3.0]])
    np.testing.assert_array_equal(spread(tied, "tied", 3, 2), [tied, tied, tied])
    np.testing.assert_array_equal(
        spread(np.array([2.0, 5.0]), "spherical", 2, 3), [[2, 2, 2], [5, 5, 5]]
    )
