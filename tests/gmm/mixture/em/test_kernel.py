"""The NumPy kernel against scipy's densities, and against exact arithmetic where digits cancel."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal

from include.gmm.mixture.em.kernel import accumulate, expand, log_density, memberships
from include.gmm.mixture.em.m_step import m_step
from include.gmm.mixture.parameters import (
    Array,
    CovarianceType,
    Parameters,
    has_cross_products,
    stack,
)
from include.gmm.mixture.rows.source import BLOCK_ROWS
from tests.gmm.mixture.examples import TYPES, assert_near, matrices, rows_of, some_parameters

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

shapes = {
    "k": st.integers(1, 4),
    "d": st.integers(1, 4),
    "kind": st.sampled_from(TYPES),
    "seed": st.integers(0, 10_000),
}


def joint_by_scipy(mixture: Parameters, rows: Array, cells: Array | None = None) -> Array:
    """log(w_k N(x | k)) (n, K), less what the cells take off."""
    covariances = matrices(mixture)
    joint = np.stack(
        [
            np.log(weight) + np.atleast_1d(multivariate_normal(mean, covariance).logpdf(rows))
            for weight, mean, covariance in zip(
                mixture.weights, mixture.means, covariances, strict=True
            )
        ],
        axis=1,
    )
    if cells is not None:
        joint -= 0.5 * cells @ np.einsum("kii->ik", np.linalg.inv(covariances))
    return joint


def scored(mixture: Parameters, rows: Array, centre: Array) -> tuple[Array, Array]:
    """Memberships (n, K) and log-densities (n,)."""
    found = np.empty((len(rows), len(mixture.weights))), np.empty(len(rows))
    memberships(rows, log_density(mixture, centre), *found)
    return found


def test_a_row_is_expanded_to_its_products_itself_and_one() -> None:
    row, cell = np.array([[2.0, 3.0, 5.0]]), np.array([[0.25, 0.5, 0.75]])
    crossed = [4.25, 6, 10, 9.5, 15, 25.75, 2, 3, 5, 1]
    np.testing.assert_array_equal(expand(row, cell, cross_products=True), [crossed])
    np.testing.assert_array_equal(
        expand(row, cell, cross_products=False), [[4.25, 9.5, 25.75, 2, 3, 5, 1]]
    )


@given(**shapes)
@settings(deadline=None, max_examples=40)
def test_densities_and_memberships_are_those_of_scipy(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    mixture = some_parameters(k, d, kind, seed)
    rows = rows_of(mixture, 30, seed + 1)

    responsibilities, log_densities = scored(mixture, rows, centre=rows[0])

    joint = joint_by_scipy(mixture, rows)
    np.testing.assert_allclose(log_densities, logsumexp(joint, axis=1), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(responsibilities, softmax(joint, axis=1), atol=1e-10)


@given(n=st.sampled_from([1, 30, BLOCK_ROWS, BLOCK_ROWS + 1]), weighted=st.booleans(), **shapes)
@settings(deadline=None, max_examples=40)
def test_log_likelihood_and_statistics_are_weighted_sums_over_rows(
    n: int, weighted: bool, k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    mixture = some_parameters(k, d, kind, seed)
    rows = rows_of(mixture, n, seed + 1)
    weight = np.random.default_rng(seed).uniform(0, 3, n) if weighted else None

    (log_likelihood,), statistics = accumulate(rows, None, weight, log_density(mixture, rows[0]))

    joint = joint_by_scipy(mixture, rows)
    each = np.ones(n) if weight is None else weight
    assert log_likelihood == pytest.approx(each @ logsumexp(joint, axis=1), rel=1e-10)
    phi = expand(rows - rows[0], None, cross_products=has_cross_products(kind))
    assert_near(statistics, (softmax(joint, axis=1) * each[:, None]).T @ phi, 1e-10)


@given(**shapes)
@settings(deadline=None, max_examples=40)
def test_a_cell_takes_half_the_trace_off_and_adds_its_variance_to_the_squares(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    mixture = some_parameters(k, d, kind, seed)
    rows = rows_of(mixture, 50, seed + 1)
    cells = np.random.default_rng(seed).uniform(0, 2, rows.shape)

    (log_likelihood,), statistics = accumulate(rows, cells, None, log_density(mixture, rows[0]))

    joint = joint_by_scipy(mixture, rows, cells)
    assert log_likelihood == pytest.approx(logsumexp(joint, axis=1).sum(), rel=1e-10)
    phi = expand(rows - rows[0], cells, cross_products=has_cross_products(kind))
    assert_near(statistics, softmax(joint, axis=1).T @ phi, 1e-10)


@given(**shapes)
@settings(deadline=None, max_examples=40)
def test_cells_alike_in_all_rows_may_be_given_once(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    mixture = some_parameters(k, d, kind, seed)
    rows = rows_of(mixture, 50, seed + 1)
    cell = np.random.default_rng(seed).uniform(0, 2, d)
    centres, nothing = np.tile(rows[0], (k, 1)), np.zeros(d)

    once, collected = accumulate(rows, None, None, log_density(mixture, rows[0], cell))
    each, with_cells = accumulate(rows, np.tile(cell, (50, 1)), None, log_density(mixture, rows[0]))

    np.testing.assert_allclose(once, each, rtol=1e-12)
    next_once = m_step(collected, centres, [k], kind, nothing, cell)
    next_each = m_step(with_cells, centres, [k], kind, nothing)
    np.testing.assert_allclose(next_once.means, next_each.means, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(next_once.covariances, next_each.covariances, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", TYPES)
def test_stacked_mixtures_are_advanced_as_one_by_one(kind: CovarianceType) -> None:
    mixtures = [some_parameters(k, 3, kind, seed=k) for k in (3, 1, 5)]
    rows = rows_of(mixtures[0], 2 * BLOCK_ROWS + 9, seed=1)
    centre = rows.mean(axis=0)

    log_likelihoods, statistics = accumulate(rows, None, None, log_density(stack(mixtures), centre))

    alone = [accumulate(rows, None, None, log_density(mixture, centre)) for mixture in mixtures]
    np.testing.assert_allclose(log_likelihoods, [float(found[0][0]) for found in alone], rtol=1e-13)
    assert_near(statistics, np.vstack([found[1] for found in alone]), 1e-13)


def test_a_component_without_weight_holds_no_rows() -> None:
    two = some_parameters(2, 3, "full", seed=4)
    three = some_parameters(3, 3, "full", seed=5)
    rows = rows_of(two, 40, seed=6)
    idle = Parameters(
        np.append(two.weights, 0.0),
        np.vstack([two.means, three.means[2]]),
        np.concatenate([two.covariances, three.covariances[2:]]),
        (3,),
    )

    responsibilities, log_densities = scored(idle, rows, rows[0])

    expected = scored(two, rows, rows[0])
    np.testing.assert_array_equal(responsibilities[:, 2], 0)
    np.testing.assert_allclose(responsibilities[:, :2], expected[0], atol=1e-13)
    np.testing.assert_allclose(log_densities, expected[1], rtol=1e-12)


def exactly(mixture: Parameters, rows: Array, centres: Array) -> tuple[Array, Array, Array]:
    """Log-densities, memberships (n, K), and statistics (K, 6) about the centres, for d = 2.

    In fractions up to the logarithms, whose arguments are then right to the last digit.
    """
    joint = np.empty((len(rows), len(mixture.weights)))
    for k, ((mean_x, mean_y), ((a, b), (_, c))) in enumerate(
        zip(mixture.means, matrices(mixture), strict=True)
    ):
        xx, xy, yy = Fraction(a), Fraction(b), Fraction(c)
        determinant = xx * yy - xy * xy
        constant = np.log(mixture.weights[k] / (2 * np.pi)) - 0.5 * np.log(float(determinant))
        for i, (row_x, row_y) in enumerate(rows):
            x, y = Fraction(row_x) - Fraction(mean_x), Fraction(row_y) - Fraction(mean_y)
            distance = (yy * x * x - 2 * xy * x * y + xx * y * y) / determinant
            joint[i, k] = constant - 0.5 * float(distance)
    responsibilities = softmax(joint, axis=1)
    statistics = np.zeros((len(mixture.weights), 6))
    for k, centre in enumerate(centres):
        away = rows - centre
        statistics[k] = responsibilities[:, k] @ expand(away, None, cross_products=True)
    return logsumexp(joint, axis=1), responsibilities, statistics


@pytest.mark.parametrize("scale", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-7])
@pytest.mark.parametrize("kind", TYPES)
def test_narrow_components_far_out_keep_their_digits(kind: CovarianceType, scale: float) -> None:
    wide, narrow = some_parameters(2, 2, kind, seed=1), some_parameters(2, 2, kind, seed=2)
    tight = Parameters(
        np.array([0.2, 0.3, 0.5]),
        np.vstack([wide.means[:1], narrow.means + 7.0]),
        np.concatenate([wide.covariances[:1], narrow.covariances * scale**2]),
        (3,),
    )
    rows, centre = rows_of(tight, 60, seed=3), np.zeros(2)
    density = log_density(tight, centre)

    responsibilities, log_densities = scored(tight, rows, centre)
    (log_likelihood,), statistics = accumulate(rows, None, None, density)

    expected, shares, collected = exactly(tight, rows, density.centres)
    np.testing.assert_allclose(log_densities, expected, rtol=1e-9)
    np.testing.assert_allclose(responsibilities, shares, atol=1e-9)
    assert log_likelihood == pytest.approx(expected.sum(), rel=1e-9)
    if not has_cross_products(kind):
        collected = collected[:, [0, 2, 3, 4, 5]]
    for found, wanted in zip(statistics, collected, strict=True):
        for squares_or_sums in (slice(0, -3), slice(-3, -1), slice(-1, None)):
            assert_near(found[squares_or_sums], wanted[squares_or_sums], 1e-9)
