"""Weights mean the same at any scale, and counts are copies."""

from typing import Any

import numpy as np
import pytest

from include.gmm.mixture import Selection, StreamingGaussianMixture, select_mixture
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.weights import checked_weights
from tests.gmm.mixture.tables import blobs, table_of

SCALES = [1e-300, 1e-6, 1 / 450, 1e9, 1e20, 1e300]


def relative() -> Array:
    """Weights (450,) that are no counts, some of them zero."""
    weights = np.random.default_rng(0).exponential(size=450)
    return np.where(np.arange(450) % 9 == 0, 0.0, weights)


def of_mean_1(weights: Array) -> Array:
    return weights / weights[weights > 0].mean()


def selected(weights: Array | None, data: Any = None) -> Selection:
    rows = blobs() if data is None else data
    return select_mixture(rows, [1, 2], ["diag"], sample_weight=weights)


def assert_the_same_choice(one: Selection, other: Selection) -> None:
    assert other.best.name == one.best.name
    assert other.warnings == one.warnings
    assert other.rows == pytest.approx(one.rows)
    for mine, yours in zip(one.candidates, other.candidates, strict=True):
        assert mine.degenerate == yours.degenerate
        assert mine.bic == pytest.approx(yours.bic, rel=1e-6)


@pytest.fixture(scope="module", params=["array", "table"])
def expected(request: pytest.FixtureRequest) -> tuple[Any, Selection]:
    """Rows, and what is chosen for them with weights of mean 1."""
    data = blobs() if request.param == "array" else table_of(blobs())
    return data, selected(of_mean_1(relative()), data)


@pytest.mark.parametrize("scale", SCALES)
def test_a_selection_does_not_depend_on_the_scale_of_weights(
    expected: tuple[Any, Selection], scale: float
) -> None:
    data, of_mean = expected
    weights = relative()
    assert_the_same_choice(of_mean, selected(weights / weights.sum() * 450 * scale, data))


@pytest.mark.parametrize("scale", [2, 1e9, 1e-6, 1 / 450])
def test_weights_that_are_all_the_same_are_none(scale: float) -> None:
    plain = selected(None)
    weighted = selected(np.full(450, scale))
    assert_the_same_choice(plain, weighted)
    assert weighted.rows == 450


def test_the_number_of_rows_is_that_of_positive_weight() -> None:
    assert selected(relative() * 1e-6).rows == pytest.approx(400)


@pytest.mark.parametrize("scale", SCALES)
def test_an_estimator_does_not_depend_on_the_scale_of_weights(scale: float) -> None:
    settings: dict[str, Any] = {"random_state": 0, "covariance_prior": "conjugate"}
    weights = relative()
    one = StreamingGaussianMixture(2, **settings).fit(blobs(), sample_weight=of_mean_1(weights))
    scaled = weights / weights.sum() * 450 * scale
    other = StreamingGaussianMixture(2, **settings).fit(blobs(), sample_weight=scaled)
    np.testing.assert_allclose(other.means_, one.means_, rtol=1e-9)
    np.testing.assert_allclose(other.covariances_, one.covariances_, rtol=1e-9)
    for method in ("score", "bic", "aic"):
        mine = getattr(one, method)(blobs(), sample_weight=of_mean_1(weights))
        assert getattr(other, method)(blobs(), sample_weight=scaled) == pytest.approx(mine)


def test_whole_numbers_are_counts_as_they_are() -> None:
    counts = np.array([0.0, 1.0, 2.0, 7.0])
    np.testing.assert_array_equal(checked_weights(counts), counts)


@pytest.mark.parametrize("scale", [2, 1e9, 2.0**40])
def test_what_all_counts_have_in_common_is_their_scale(scale: float) -> None:
    counts = np.array([0.0, 2.0, 3.0, 7.0])
    np.testing.assert_array_equal(checked_weights(counts * scale), counts)


def test_other_weights_are_brought_to_a_mean_of_1() -> None:
    found = checked_weights(np.array([0.0, 0.1, 0.2, 0.3]))
    assert found is not None
    np.testing.assert_allclose(found, [0.0, 0.5, 1.0, 1.5])


@pytest.mark.parametrize("largest", [5e-324, 1e-310, 1e308])
def test_weights_at_the_edge_of_floats_keep_their_sum(largest: float) -> None:
    found = checked_weights(np.full(7, largest))
    assert found is not None
    np.testing.assert_array_equal(found, np.ones(7))


def test_a_row_of_great_weight_is_not_called_a_copy() -> None:
    weights = np.append(np.full(450, 0.1), 5.0)
    warnings = selected(weights, np.vstack([blobs(), [[0.25, 0.5]]])).warnings
    assert any(told.startswith("10.0 % of the weight lies on one row") for told in warnings)
