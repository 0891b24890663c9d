"""Parameters, how they stack, and what is read off them."""

import contextlib

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from include.gmm.mixture.parameters import (
    Array,
    CovarianceType,
    Parameters,
    degrees_of_freedom,
    precision_factors,
    smallest_eigenvalue,
    stack,
)
from tests.gmm.mixture.examples import TYPES, matrices, some_parameters


def assert_equal(found: Parameters, expected: Parameters) -> None:
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert found.sizes == expected.sizes


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_stacked_splits_into_the_same_mixtures(kind: CovarianceType) -> None:
    mixtures = [some_parameters(k, 2, kind, seed=k) for k in (3, 1, 4)]
    stacked = stack(mixtures)
    assert stacked.sizes == (3, 1, 4)
    np.testing.assert_array_equal(stacked.offsets, [0, 3, 4, 8])
    for found, expected in zip(stacked.split(), mixtures, strict=True):
        assert_equal(found, expected)


def test_stacks_are_stacked_in_order() -> None:
    one, two, three = (some_parameters(k, 2, "diag", seed=k) for k in (1, 2, 3))
    assert_equal(stack([stack([one, two]), three]), stack([one, two, three]))


def test_components_are_taken_in_another_order() -> None:
    mixture = some_parameters(3, 2, "full", seed=1)
    taken = mixture.take([2, 0, 1])
    np.testing.assert_array_equal(taken.means, mixture.means[[2, 0, 1]])
    assert_equal(taken.take([1, 2, 0]), mixture)


@pytest.mark.parametrize("k", [1, 4])
@pytest.mark.parametrize("d", [1, 5])
@pytest.mark.parametrize("kind", TYPES)
def test_degrees_of_freedom_are_those_of_scikit_learn(kind: CovarianceType, d: int, k: int) -> None:
    rows = np.random.default_rng(0).normal(size=(30, d))
    peer = GaussianMixture(k, covariance_type=kind).fit(rows)
    assert degrees_of_freedom(k, d, kind) == peer._n_parameters()


@pytest.mark.parametrize("kind", TYPES)
def test_the_smallest_eigenvalue_is_taken_in_units_of_the_columns(kind: CovarianceType) -> None:
    mixture, scale = some_parameters(3, 2, kind, seed=3), np.array([1e-4, 1e5])
    in_units = matrices(mixture) / np.outer(scale, scale)
    expected = min(np.linalg.eigvalsh(matrix)[0] for matrix in in_units)
    assert smallest_eigenvalue(mixture, scale) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kind", TYPES)
def test_factors_give_the_precisions_and_are_upper_triangles(kind: CovarianceType) -> None:
    mixture = some_parameters(3, 4, kind, seed=2)
    factors = precision_factors(mixture.covariances)
    if factors.ndim == 2:
        factors = factors[:, :, None] * np.eye(4)
    np.testing.assert_array_equal(np.tril(factors, -1), 0)
    inverse = np.linalg.inv(matrices(mixture))
    np.testing.assert_allclose(factors @ factors.transpose(0, 2, 1), inverse, rtol=1e-9, atol=1e-12)


def test_factors_of_badly_scaled_columns_keep_their_digits() -> None:
    mixture, scale = some_parameters(2, 3, "full", seed=1), np.array([1e-6, 1.0, 1e6])
    plain = precision_factors(mixture.covariances)
    scaled = precision_factors(mixture.covariances * np.outer(scale, scale))
    np.testing.assert_allclose(scaled * scale[:, None], plain, rtol=1e-10, atol=1e-12)


NOT_DEFINITE = [
    np.zeros((2, 2)),
    np.diag([1.0, 0.0]),
    np.diag([1.0, -1.0]),
    np.array([[1.0, 2.0], [2.0, 1.0]]),
    np.diag([1.0, np.nan]),
    np.full((2, 2), np.nan),
    np.array([1.0, 0.0]),
    np.array([1.0, -1.0]),
    np.array([1.0, np.nan]),
]


def spelled(covariance: Array) -> str:
    return " ".join(map(str, covariance.ravel()))


@pytest.mark.parametrize("covariance", NOT_DEFINITE, ids=spelled)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_not_positive_definite_has_no_factors(covariance: Array) -> None:
    sound = np.eye(2) if covariance.ndim == 2 else np.ones(2)
    with pytest.raises(np.linalg.LinAlgError):
        precision_factors(np.stack([sound, covariance]))


@pytest.mark.parametrize("covariance", NOT_DEFINITE, ids=spelled)
@pytest.mark.filterwarnings("error")
def test_what_is_not_positive_definite_is_told_by_the_error_alone(covariance: Array) -> None:
    with contextlib.suppress(np.linalg.LinAlgError):
        precision_factors(covariance[None])
