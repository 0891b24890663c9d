"""The M-step against weighted moments, computed one component at a time."""

import numpy as np
import pytest

from include.gmm.mixture.em.kernel import expand
from include.gmm.mixture.em.m_step import m_step
from include.gmm.mixture.parameters import Array, CovarianceType, Parameters, has_cross_products
from tests.gmm.mixture.examples import TYPES, assert_near, matrices

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

shapes = {
    "k": st.integers(1, 4),
    "d": st.integers(1, 4),
    "kind": st.sampled_from(TYPES),
    "seed": st.integers(0, 10_000),
}


def some_rows(k: int, d: int, seed: int) -> tuple[Array, Array, Array]:
    """Rows (60, d), responsibilities (60, k) times weights, and centres (k, d)."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(k), 60) * rng.uniform(0.5, 2, (60, 1))
    return 3 * rng.normal(size=(60, d)) + rng.normal(size=d), shares, rng.normal(size=(k, d))


def collect(
    rows: Array, shares: Array, centres: Array, kind: CovarianceType, cells: Array | None = None
) -> Array:
    """Sufficient statistics, each component's about its own centre."""
    cross = has_cross_products(kind)
    return np.stack(
        [
            share @ expand(rows - centre, cells, cross_products=cross)
            for share, centre in zip(shares.T, centres, strict=True)
        ]
    )


def step(rows: Array, shares: Array, centres: Array, kind: CovarianceType) -> Parameters:
    statistics = collect(rows, shares, centres, kind)
    return m_step(statistics, centres, [len(centres)], kind, np.zeros(rows.shape[1]))


@given(**shapes)
@settings(deadline=None, max_examples=40)
def test_weights_means_and_covariances_are_weighted_moments(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    rows, shares, centres = some_rows(k, d, seed)

    got = step(rows, shares, centres, kind)

    weights = shares.sum(axis=0) / shares.sum()
    each = np.stack([np.cov(rows.T, ddof=0, aweights=share).reshape(d, d) for share in shares.T])
    expected = {
        "full": each,
        "tied": np.repeat(np.average(each, axis=0, weights=weights)[None], k, axis=0),
        "diag": each * np.eye(d),
        "spherical": np.einsum("kii->k", each)[:, None, None] / d * np.eye(d),
    }[kind]
    np.testing.assert_allclose(got.weights, weights, rtol=1e-12)
    assert_near(got.means, np.stack([share @ rows / share.sum() for share in shares.T]), 1e-12)
    assert_near(matrices(got), expected, 1e-12)
    assert got.sizes == (k,)


@given(**shapes)
@settings(deadline=None, max_examples=30)
def test_the_regularisation_is_added_to_every_variance(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    rows, shares, centres = some_rows(k, d, seed)
    reg_covar = np.random.default_rng(seed).uniform(0.1, 1, d)

    got = m_step(collect(rows, shares, centres, kind), centres, [k], kind, reg_covar)

    plain = step(rows, shares, centres, kind)
    added = np.full(d, reg_covar.mean()) if kind == "spherical" else reg_covar
    assert_near(matrices(got), matrices(plain) + np.diag(added), 1e-13)
    np.testing.assert_array_equal(got.means, plain.means)


@given(**shapes)
@settings(deadline=None, max_examples=30)
def test_what_rounding_hides_is_added_to_the_variances(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    rows, shares, centres = some_rows(k, d, seed)
    cell = np.random.default_rng(seed).uniform(0.1, 1, d)

    statistics = collect(rows, shares, centres, kind)
    got = m_step(statistics, centres, [k], kind, np.zeros(d), cell)

    added = np.full(d, cell.mean()) if kind == "spherical" else cell
    plain = matrices(step(rows, shares, centres, kind))
    assert_near(matrices(got), plain + np.diag(added), 1e-12)


@pytest.mark.parametrize("kind", TYPES)
def test_stacked_mixtures_step_as_one_by_one(kind: CovarianceType) -> None:
    parts = [some_rows(k, 3, seed=k) for k in (3, 1, 5)]
    alone = [step(rows, shares, centres, kind) for rows, shares, centres in parts]

    together = m_step(
        np.vstack([collect(*part, kind) for part in parts]),
        np.vstack([centres for _, _, centres in parts]),
        [3, 1, 5],
        kind,
        np.zeros(3),
    )

    for got, expected in zip(together.split(), alone, strict=True):
        np.testing.assert_allclose(got.weights, expected.weights, rtol=1e-14)
        np.testing.assert_array_equal(got.means, expected.means)
        np.testing.assert_allclose(got.covariances, expected.covariances, rtol=1e-13)


@pytest.mark.parametrize("kind", TYPES)
def test_a_component_that_holds_no_rows_keeps_numbers(kind: CovarianceType) -> None:
    rows, shares, centres = some_rows(3, 2, seed=1)
    shares[:, 1] = 0

    got = m_step(collect(rows, shares, centres, kind), centres, [3], kind, np.full(2, 1e-6))

    assert 0 < got.weights[1] < 1e-12
    np.testing.assert_array_equal(got.means[1], centres[1])
    assert np.linalg.eigvalsh(matrices(got)).min() > 0


@given(per_row=st.booleans(), **shapes)
@settings(deadline=None, max_examples=60)
def test_no_component_becomes_narrower_than_the_rounding_cell(
    per_row: bool, k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    width = rng.uniform(0.1, 2, d)
    values, hidden = rng.integers(0, 3, (60, d)) * width, width**2 / 12
    # Some components sit on a single row, whose copies are all they hold.
    shares = (rng.integers(0, k, (60, 1)) == np.arange(k)).astype(np.float64)
    values[shares[:, 0] == 1] = values[0]
    cells = np.tile(hidden, (60, 1)) if per_row else None
    centres = rng.normal(size=(k, d))
    statistics = collect(values, shares, centres, kind, cells)

    got = m_step(statistics, centres, [k], kind, np.zeros(d), None if per_row else hidden)

    least = np.full(d, hidden.mean()) if kind == "spherical" else hidden
    # In units of the cells, which differ in width from column to column.
    in_cells = matrices(got) / np.sqrt(np.outer(least, least))
    held = shares.sum(axis=0) > 0
    assert np.linalg.eigvalsh(in_cells[held]).min() > 1 - 1e-9
