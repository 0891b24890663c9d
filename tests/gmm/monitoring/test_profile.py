"""The profile: what it keeps of a table, in how many bins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from include.gmm.mixture.parameters import Array
from include.gmm.monitoring.profile import MOST_BINS, bin_edges, profile_in, profile_of
from include.gmm.settings import Feature, Features, Segmentation
from include.gmm.store import Store
from include.gmm.versions import artifacts
from tests.gmm.snapshots import rows_of, train

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402


def edges_of(values: Array) -> list[float]:
    """The edges that a column with these values has."""
    frame = pd.DataFrame({"key": range(len(values)), "x": values})
    features = Features(model="m", key="key", columns={"x": Feature()})
    return bin_edges(rows_of(frame, features), "x")


def shares(values: Array, edges: list[float]) -> Array:
    """By comparison with each edge, a value on an edge being below it."""
    above = (values[:, None] > np.array(edges)).sum(axis=1)
    return np.bincount(above, minlength=len(edges) + 1) / len(values)


def test_bins_of_a_continuous_feature_are_deciles() -> None:
    values = np.random.default_rng(1).normal(size=1_000)
    np.testing.assert_allclose(shares(values, edges_of(values)), np.full(MOST_BINS, 0.1))


def test_a_point_mass_at_the_smallest_value_has_a_bin_of_its_own() -> None:
    orders = np.array([1] * 55 + [2] * 20 + [3] * 9 + [4] * 6 + [5, 6, 7, 8, 9] * 2, float)
    edges = edges_of(orders)
    assert edges[:2] == [1, 2]
    assert shares(orders, edges)[:2].tolist() == [0.55, 0.2]


def test_a_point_mass_between_other_values_has_a_bin_of_its_own() -> None:
    values = np.concatenate([np.linspace(-9, -1, 35), np.zeros(40), np.linspace(1, 9, 25)])
    edges = edges_of(values)
    place = edges.index(0.0)
    assert edges[place - 1] == -1
    assert shares(values, edges)[place] == 0.4


def test_a_point_mass_at_the_largest_value_has_a_bin_of_its_own() -> None:
    values = np.array([1.0] * 2 + [5.0] * 98)
    assert edges_of(values) == [1.0]


@settings(deadline=None)
@given(st.lists(st.integers(-5, 5) | st.floats(-1e9, 1e9), min_size=2, max_size=80))
def test_no_column_has_more_than_ten_bins_or_an_empty_one(column: list[float]) -> None:
    values = np.array(column, float)
    edges = edges_of(values)
    assert edges == sorted(set(edges))
    assert len(edges) < MOST_BINS
    assert (shares(values, edges) > 0).all()


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=80).filter(lambda v: len(set(v)) > 1))
def test_a_column_of_two_values_or_more_has_two_bins_or_more(column: list[int]) -> None:
    assert edges_of(np.array(column, float))


def test_the_profile_is_what_the_model_says_of_all_rows(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    _, model = artifacts.load(store, train(shoppers, segmentation, store, "x"))
    rows = rows_of(shoppers, segmentation.features)
    profile = profile_of(rows, model)
    log_likelihood = model.score_samples(shoppers)
    probabilities = model.predict_proba(shoppers)
    assert profile.rows == 240
    assert profile.log_likelihood.mean == pytest.approx(log_likelihood.mean())
    assert profile.log_likelihood.standard_deviation == pytest.approx(log_likelihood.std())
    assert profile.sureness.mean == pytest.approx(probabilities.max(axis=1).mean())
    assert profile.segments == pytest.approx(
        np.bincount(probabilities.argmax(axis=1), minlength=2) / 240
    )
    for name, bins in profile.features.items():
        values = shoppers[name].to_numpy(float)
        assert bins.mean == pytest.approx(values.mean())
        assert bins.shares == pytest.approx(shares(values, bins.edges))


def test_rows_outside_all_that_were_seen_are_in_the_outer_bins(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    _, model = artifacts.load(store, train(shoppers, segmentation, store, "x"))
    rows = rows_of(shoppers, segmentation.features)
    edges = {name: bins.edges for name, bins in profile_of(rows, model).features.items()}
    outside = {"visits": [0.0, 1e6, 1e6, 1e6], "euros": [0.0, 0.0, 0.0, 1e9]}
    few = rows_of(pd.DataFrame({"shopper": range(4), "age": 30, **outside}), segmentation.features)
    found = profile_in(edges, few, model).features
    assert (found["visits"].shares[0], found["visits"].shares[-1]) == (0.25, 0.75)
    assert (found["euros"].shares[0], found["euros"].shares[-1]) == (0.75, 0.25)
