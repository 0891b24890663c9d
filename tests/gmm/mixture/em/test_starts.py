"""Starts: mixtures that EM can climb from, whatever the sample."""

from typing import get_args

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from include.gmm.mixture.em.climb import Climb
from include.gmm.mixture.em.prior import default_prior
from include.gmm.mixture.em.starts import (
    Method,
    Starter,
    by_weight,
    every_removal,
    every_split,
    random_state_of,
    split,
)
from include.gmm.mixture.layout import fitted
from include.gmm.mixture.parameters import (
    Array,
    CovarianceType,
    Parameters,
    has_cross_products,
    precision_factors,
)
from include.gmm.mixture.rows.sample import Sample
from tests.gmm.mixture.examples import TYPES, assert_near, climb, matrices, some_parameters

METHODS: tuple[Method, ...] = get_args(Method)


def groups() -> Array:
    """Three groups, the columns in very different units."""
    rng = np.random.default_rng(2)
    means = np.repeat([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]], 80, axis=0)
    rows: Array = (rng.normal(size=(240, 2)) + means) * [1e-3, 1e6]
    return rows


def starter_of(
    rows: Array,
    weights: Array | None = None,
    reg_covar: float = 1e-6,
    cells: Array | None = None,
) -> Starter:
    weights = np.ones(len(rows)) if weights is None else weights
    mean = np.average(rows, axis=0, weights=weights)
    scale = np.sqrt(np.average((rows - mean) ** 2, axis=0, weights=weights))
    scale[scale == 0] = 1
    return Starter(Sample(rows, cells, weights, []), mean, scale, reg_covar * scale**2, None)


def assert_valid(mixture: Parameters, k: int, d: int, kind: CovarianceType) -> None:
    assert mixture.sizes == (k,)
    assert mixture.weights.sum() == pytest.approx(1)
    assert (mixture.weights > 0).all()
    assert mixture.means.shape == (k, d)
    assert np.isfinite(mixture.means).all()
    assert mixture.covariances.shape == ((k, d, d) if has_cross_products(kind) else (k, d))
    assert np.isfinite(precision_factors(mixture.covariances)).all()
    if kind == "tied":
        np.testing.assert_array_equal(mixture.covariances, mixture.covariances[:1].repeat(k, 0))
    if kind == "spherical":
        np.testing.assert_array_equal(mixture.covariances, mixture.covariances[:, :1].repeat(d, 1))


@pytest.mark.parametrize("use_prior", [False, True])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", TYPES)
def test_every_method_gives_a_mixture_of_every_type(
    kind: CovarianceType, method: Method, use_prior: bool
) -> None:
    rows = groups()
    prior = default_prior(rows.mean(axis=0), np.cov(rows.T), 4) if use_prior else None
    start = starter_of(rows).start(method, 4, kind, np.random.RandomState(1), prior)
    assert_valid(start, 4, 2, kind)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_random_state_gives_the_same_start_and_another_another(method: Method) -> None:
    starter = starter_of(groups())
    first, again, other = (
        starter.start(method, 4, "full", np.random.RandomState(seed)).means for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("method", ["kmeans", "k-means++"])
def test_groups_are_told_apart_in_standardised_columns(method: Method) -> None:
    rows, units = groups(), [1e-3, 1e6]
    start = starter_of(rows).start(method, 3, "full", np.random.RandomState(0))
    means = rows.reshape(3, 80, 2).mean(axis=1) / units
    distances = np.linalg.norm(start.means[:, None] / units - means, axis=2)
    assert distances.min(axis=0).max() < 0.3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_more_components_than_distinct_rows_are_started_all_the_same(
    kind: CovarianceType, method: Method
) -> None:
    rows = np.array([[0.0, 1.0], [2.0, 0.0], [3.0, 3.0]])
    starter = starter_of(rows, weights=np.array([10.0, 20.0, 30.0]))
    start = starter.start(method, 5, kind, np.random.RandomState(0))
    assert_valid(start, 5, 2, kind)


@pytest.mark.parametrize("method", ["kmeans", "random_from_data"])
def test_a_sample_of_one_row_gives_one_place(method: Method) -> None:
    starter = starter_of(np.array([[2.0, 3.0]]), weights=np.array([7.0]))
    start = starter.start(method, 1, "full", np.random.RandomState(0))
    np.testing.assert_allclose(start.means, [[2, 3]])
    np.testing.assert_allclose(start.covariances, [1e-6 * np.eye(2)])


def test_a_row_counts_as_often_as_it_weighs() -> None:
    rows, weights = np.array([[0.0], [1.0], [5.0]]), np.array([3.0, 1.0, 2.0])
    start = starter_of(rows, weights, reg_covar=0).start(
        "kmeans", 2, "full", np.random.RandomState(0)
    )
    first = int(start.means.argmin())
    assert start.weights[first] == pytest.approx(4 / 6)
    assert start.means[first, 0] == pytest.approx(0.25)
    assert start.covariances[first, 0, 0] == pytest.approx(0.1875)


@pytest.mark.parametrize("method", ["kmeans", "k-means++"])
def test_heavy_rows_are_kept_apart_before_light_ones(method: Method) -> None:
    rows, weights = np.array([[0.0], [4.0], [7.0]]), np.array([1.0, 100.0, 100.0])
    start = starter_of(rows, weights).start(method, 2, "full", np.random.RandomState(0))
    np.testing.assert_allclose(np.sort(start.means[:, 0]), [400 / 101, 7])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("method", METHODS[:2] + METHODS[3:])
def test_as_many_components_as_rows_take_a_row_each(method: Method, seed: int) -> None:
    rows, weights = np.array([[1.0], [2.0], [9.0]]), np.array([5.0, 1.0, 2.0])
    start = starter_of(rows, weights).start(method, 3, "full", np.random.RandomState(seed))
    np.testing.assert_allclose(np.sort(start.means, axis=0), rows)


def test_what_rounding_hides_is_part_of_a_start() -> None:
    rows = np.array([[0.0], [5.0]])
    cells = np.array([[0.5], [0.25]])
    start = starter_of(rows, cells=cells, reg_covar=0).start(
        "kmeans", 2, "diag", np.random.RandomState(0)
    )
    order = start.means[:, 0].argsort()
    np.testing.assert_allclose(start.covariances[order, 0], [0.5, 0.25])


def test_tight_groups_far_out_keep_their_digits() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(2, 50, 2)) * 1e-7
    parts = np.array([[[-1.0, 1.0]], [[1.0, 2.0]]]) + noise
    start = starter_of(parts.reshape(100, 2), reg_covar=0).start(
        "kmeans", 2, "full", np.random.RandomState(0)
    )
    order = start.means[:, 0].argsort()
    for part, covariance in zip(parts, start.covariances[order], strict=True):
        assert_near(covariance, np.cov(part.T, ddof=0), 1e-6)


@pytest.mark.parametrize("kind", TYPES)
def test_kmeans_and_random_start_as_in_scikit_learn(kind: CovarianceType) -> None:
    rows = groups() / [1e-3, 1e6]
    for method in ("kmeans", "random"):
        peer = GaussianMixture(
            3, covariance_type=kind, init_params=method, max_iter=0, random_state=4, reg_covar=0
        ).fit(rows)
        starter = Starter(
            Sample(rows, None, np.ones(240), []), rows.mean(axis=0), np.ones(2), np.zeros(2), None
        )
        start = starter.start(method, 3, kind, np.random.RandomState(4))
        expected = fitted(peer)
        assert_near(start.weights, expected.weights, 1e-12)
        assert_near(start.means, expected.means, 1e-12)
        assert_near(start.covariances, expected.covariances, 1e-11)


@pytest.mark.parametrize("component", [0, 2])
@pytest.mark.parametrize("kind", TYPES)
def test_a_split_component_becomes_two_halves_one_deviation_apart_on_its_longest_axis(
    kind: CovarianceType, component: int
) -> None:
    whole = some_parameters(3, 3, kind, seed=1)
    covariance = matrices(whole)[component]

    halves = split(whole, component)

    assert_valid(halves, 4, 3, kind)
    pair = [component, 3]
    np.testing.assert_allclose(halves.weights[pair], whole.weights[component] / 2)
    np.testing.assert_allclose(halves.means[pair].mean(axis=0), whole.means[component])
    apart = np.diff(halves.means[pair], axis=0)[0]
    assert apart @ np.linalg.solve(covariance, apart) == pytest.approx(1)
    deviations = np.sqrt(np.diagonal(covariance))
    correlations = covariance / np.outer(deviations, deviations)
    longest = covariance.max() if kind in ("diag", "spherical") else np.linalg.norm(correlations, 2)
    in_units = apart if kind in ("diag", "spherical") else apart / deviations
    assert in_units @ in_units == pytest.approx(longest)
    others = [n for n in range(3) if n != component]
    np.testing.assert_array_equal(halves.means[others], whole.means[others])
    np.testing.assert_array_equal(halves.weights[others], whole.weights[others])


def test_every_component_is_split_and_removed_in_turn() -> None:
    whole = some_parameters(3, 2, "full", seed=1)
    for at, (halves, rest) in enumerate(zip(every_split(whole), every_removal(whole), strict=True)):
        assert halves.weights[at] == halves.weights[3] == whole.weights[at] / 2
        others = [n for n in range(3) if n != at]
        assert_valid(rest, 2, 2, "full")
        np.testing.assert_allclose(
            rest.weights * whole.weights[others].sum(), whole.weights[others]
        )
        np.testing.assert_array_equal(rest.means, whole.means[others])
        np.testing.assert_array_equal(rest.covariances, whole.covariances[others])


def test_from_a_split_em_climbs_beyond_the_whole() -> None:
    rows = groups() / [1e-3, 1e6]
    whole = Climb(starter_of(rows).start("kmeans", 2, "full", np.random.RandomState(0)), "full")
    climb(rows, [whole])
    halves = [Climb(split(whole.parameters, component), "full") for component in (0, 1)]
    climb(rows, halves)
    assert max(one.objective for one in halves) > whole.objective + 0.1


def test_components_are_numbered_from_the_largest_and_equal_ones_by_their_means() -> None:
    mixture = Parameters(
        np.array([0.2, 0.3, 0.2, 0.3]),
        np.array([[2.0, 4.0], [3.0, 2.0], [1.0, 5.0], [3.0, 1.0]]),
        np.arange(1.0, 9.0).reshape(4, 2),
        (4,),
    )
    ordered = by_weight(mixture)
    np.testing.assert_array_equal(ordered.weights, [0.3, 0.3, 0.2, 0.2])
    np.testing.assert_array_equal(ordered.means, [[3, 1], [3, 2], [1, 5], [2, 4]])
    np.testing.assert_array_equal(ordered.covariances[:, 0], [7, 3, 5, 1])


def test_generators_differ_by_seed_and_purpose() -> None:
    draws = [random_state_of(*which).random_sample() for which in ((0, 2), (0, 3), (1, 2), (0, 2))]
    assert draws[0] == draws[3]
    assert len(set(draws)) == 3
