"""The axes in which segments lie furthest apart: Fisher's, whatever the covariance type."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.mixture import GaussianMixture

from include.gmm.mixture.parameters import Array
from include.gmm.projection import discriminant_axes
from include.gmm.settings import CovarianceType

SHAPES = {"full": (5, 4, 4), "tied": (4, 4), "diag": (5, 4), "spherical": (5,)}


def mixture(
    covariance_type: CovarianceType, weights: Array, means: Array, covariances: Array
) -> GaussianMixture:
    model = GaussianMixture(len(weights), covariance_type=covariance_type)
    model.weights_, model.means_, model.covariances_ = weights, means, covariances
    return model


def random_mixture(covariance_type: CovarianceType) -> GaussianMixture:
    """Five segments of four features."""
    rng = np.random.default_rng(3)
    if covariance_type in ("full", "tied"):
        roots = rng.normal(size=SHAPES[covariance_type])
        covariances = roots @ np.swapaxes(roots, -1, -2) + 0.1 * np.eye(4)
    else:
        covariances = rng.uniform(0.2, 3, SHAPES[covariance_type])
    return mixture(
        covariance_type, rng.dirichlet(np.ones(5)), 3 * rng.normal(size=(5, 4)), covariances
    )


def within(model: GaussianMixture) -> Array:
    """The mean covariance matrix (d, d)."""
    n_components, n_features = model.means_.shape
    total = np.zeros((n_features, n_features))
    for component in range(n_components):
        if model.covariance_type == "tied":
            matrix = model.covariances_
        elif model.covariance_type == "full":
            matrix = model.covariances_[component]
        else:  # a row of variances, or one variance for all features
            matrix = np.eye(n_features) * model.covariances_[component]
        total += model.weights_[component] * matrix
    return total


def ratio(model: GaussianMixture, axis: Array) -> float:
    """Variance between segments to that within, along an axis."""
    centre = np.average(model.means_, axis=0, weights=model.weights_)
    between = np.average(((model.means_ - centre) @ axis) ** 2, weights=model.weights_)
    return float(between / (axis @ within(model) @ axis))


@pytest.mark.parametrize("covariance_type", get_args(CovarianceType))
def test_no_direction_separates_the_segments_better_than_the_first_axis(
    covariance_type: CovarianceType,
) -> None:
    model = random_mixture(covariance_type)
    first = discriminant_axes(model)[:, 0]
    rng = np.random.default_rng(0)
    near = first + 0.01 * rng.normal(size=(500, 4))
    for other in (*rng.normal(size=(500, 4)), *near):
        assert ratio(model, other) <= ratio(model, first) + 1e-12


@pytest.mark.parametrize("covariance_type", get_args(CovarianceType))
def test_along_the_axes_segments_have_variance_one_and_no_correlation(
    covariance_type: CovarianceType,
) -> None:
    model = random_mixture(covariance_type)
    axes = discriminant_axes(model)
    np.testing.assert_allclose(axes.T @ within(model) @ axes, np.eye(2), atol=1e-10)


def test_with_equal_covariances_they_are_the_axes_of_linear_discriminant_analysis() -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1, 2, 3], [400, 300, 200, 100])
    rows = rng.normal(size=(1000, 3)) @ rng.normal(size=(3, 3)) + rng.normal(size=(4, 3))[labels]
    shares = np.bincount(labels) / len(labels)
    means = np.array([rows[labels == label].mean(axis=0) for label in range(4)])
    pooled = np.cov((rows - means[labels]).T, bias=True)
    axes = discriminant_axes(mixture("tied", shares, means, pooled))
    theirs = LinearDiscriminantAnalysis(solver="eigen").fit(rows, labels).scalings_[:, :2]
    for mine, other in zip(axes.T, theirs.T, strict=True):
        cosine = mine @ other / np.linalg.norm(mine) / np.linalg.norm(other)
        assert abs(cosine) == pytest.approx(1, abs=1e-9)


def test_two_segments_leave_the_second_axis_to_the_widest_direction_beside_the_first() -> None:
    spread = np.diag([1.0, 9.0, 4.0])
    means = np.array([[-2.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    axes = discriminant_axes(mixture("tied", np.array([0.5, 0.5]), means, spread))
    np.testing.assert_allclose(axes, [[1.0, 0.0], [0.0, 1 / 3], [0.0, 0.0]], atol=1e-9)


def test_an_axis_beside_those_that_tell_segments_apart_does_not_correlate_with_them() -> None:
    spread = np.array([[2.0, 0.8, 0.3], [0.8, 1.0, -0.4], [0.3, -0.4, 3.0]])
    means = np.array([[-1.0, 0.0, 1.0], [2.0, 1.0, 0.0]])
    axes = discriminant_axes(mixture("tied", np.array([0.3, 0.7]), means, spread))
    np.testing.assert_allclose(axes.T @ spread @ axes, np.eye(2), atol=1e-12)
    assert (means[1] - means[0]) @ axes[:, 1] == pytest.approx(0, abs=1e-12)


def test_segments_on_one_line_are_told_apart_by_the_first_axis_alone() -> None:
    means = np.outer([-3.0, 0.0, 1.0, 5.0], [1.0, 0.0, 0.0])
    axes = discriminant_axes(mixture("tied", np.full(4, 0.25), means, np.diag([1.0, 2.0, 9.0])))
    np.testing.assert_allclose(axes, [[1.0, 0.0], [0.0, 0.0], [0.0, 1 / 3]], atol=1e-9)


@pytest.mark.parametrize("n_components", [1, 3])
def test_without_a_difference_between_means_the_axes_are_the_widest(n_components: int) -> None:
    means = np.zeros((n_components, 3))
    shares = np.full(n_components, 1 / n_components)
    axes = discriminant_axes(mixture("tied", shares, means, np.diag([4.0, 1.0, 16.0])))
    np.testing.assert_allclose(axes, [[0.0, 0.5], [0.0, 0.0], [0.25, 0.0]], atol=1e-9)


def test_one_feature_has_one_axis() -> None:
    means = np.array([[-1.0], [1.0], [3.0]])
    axes = discriminant_axes(mixture("spherical", np.full(3, 1 / 3), means, np.full(3, 4.0)))
    np.testing.assert_allclose(axes, [[0.5]])


@pytest.mark.parametrize("covariance_type", get_args(CovarianceType))
def test_the_largest_entry_of_an_axis_is_positive(covariance_type: CovarianceType) -> None:
    axes = discriminant_axes(random_mixture(covariance_type))
    assert (axes.max(axis=0) == np.abs(axes).max(axis=0)).all()


def test_the_order_of_the_segments_does_not_turn_the_axes() -> None:
    model = random_mixture("full")
    order = [3, 0, 4, 2, 1]
    turned = mixture("full", model.weights_[order], model.means_[order], model.covariances_[order])
    np.testing.assert_allclose(discriminant_axes(turned), discriminant_axes(model), rtol=1e-9)


def test_a_segment_that_is_nearly_flat_has_axes_all_the_same() -> None:
    direction = np.array([1.0, 1.0]) / np.sqrt(2)
    flat = np.eye(2) - (1 - 1e-8) * np.outer(direction, direction)
    means = np.array([[0.0, 0.0], [1.0, 1.0]])
    model = mixture("tied", np.array([0.5, 0.5]), means, flat)
    first = discriminant_axes(model)[:, 0]
    assert ratio(model, first) == pytest.approx(0.5 / 1e-8, rel=1e-6)
