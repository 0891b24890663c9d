"""Moments of the rows, also where they lie far from zero and where weights are given."""

import numpy as np
import pytest

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.reading import as_source
from include.gmm.mixture.rows.source import CHUNK_ROWS, InMemory
from include.gmm.mixture.rows.survey import Survey, survey
from include.gmm.mixture.workers import Workers, threads
from tests.gmm.mixture.tables import blobs, table_of


def surveyed(rows: Array, weights: Array | None = None) -> Survey:
    return survey(InMemory(rows, sample_weight=weights), Workers())


def test_moments_are_those_of_numpy() -> None:
    rows = np.random.default_rng(0).normal(size=(3 * CHUNK_ROWS + 5, 3))
    seen = surveyed(rows)
    assert (seen.rows, seen.total) == (len(rows), len(rows))
    np.testing.assert_allclose(seen.mean, rows.mean(axis=0), rtol=0, atol=1e-14)
    np.testing.assert_allclose(seen.covariance, np.cov(rows.T, bias=True), rtol=0, atol=1e-13)
    np.testing.assert_allclose(seen.unbiased_covariance, np.cov(rows.T), rtol=0, atol=1e-13)
    np.testing.assert_allclose(seen.scale, rows.std(axis=0), rtol=1e-13)
    assert not seen.constant.any()


@pytest.mark.parametrize("mean", [1e4, 1e8, -1e12])
def test_moments_far_from_zero_keep_their_digits(mean: float) -> None:
    rows = mean + np.random.default_rng(0).normal(size=(CHUNK_ROWS + 5, 2))
    exact = rows.astype(np.longdouble)
    away = exact - exact.mean(axis=0)
    covariance = (away.T @ away / len(rows)).astype(np.float64)

    seen = surveyed(rows)

    np.testing.assert_allclose(seen.mean, exact.mean(axis=0).astype(np.float64), rtol=1e-15)
    np.testing.assert_allclose(seen.covariance, covariance, rtol=1e-11, atol=1e-12)


def test_moments_far_from_those_of_the_first_chunk_keep_their_digits() -> None:
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(CHUNK_ROWS, 1)), 1e6 + rng.normal(size=(CHUNK_ROWS, 1))])
    np.testing.assert_allclose(surveyed(rows).covariance, np.cov(rows.T, bias=True), rtol=1e-12)


def test_whole_weights_count_as_copies() -> None:
    rows = blobs()
    weights = np.arange(len(rows)) % 4
    one, other = surveyed(rows, weights.astype(np.float64)), surveyed(rows.repeat(weights, axis=0))
    assert one.total == other.total == other.rows
    assert one.rows == (weights > 0).sum()
    np.testing.assert_allclose(one.mean, other.mean, rtol=0, atol=1e-14)
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-13)
    np.testing.assert_allclose(one.unbiased_covariance, other.unbiased_covariance, rtol=1e-13)


@pytest.mark.parametrize("far", [1e3, 1e9, 1e12])
def test_a_row_of_weight_zero_does_not_matter_however_far_away_it_is(far: float) -> None:
    rows = np.vstack([blobs(), [[far, -far]]])
    seen = surveyed(rows, np.append(np.ones(450), 0.0))
    expected = surveyed(blobs())
    np.testing.assert_allclose(seen.mean, expected.mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(seen.covariance, expected.covariance, rtol=1e-12)


def test_a_first_chunk_of_weight_zero_does_not_matter_however_far_away_it_is() -> None:
    rows = np.vstack([np.full((CHUNK_ROWS, 2), 1e12), blobs()])
    seen = surveyed(rows, np.repeat([0.0, 1.0], [CHUNK_ROWS, 450]))
    expected = surveyed(blobs())
    np.testing.assert_allclose(seen.mean, expected.mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(seen.covariance, expected.covariance, rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 7.0, 0.1, 1234567.1, -1e15, 1e-12])
def test_a_column_of_one_value_is_constant_and_has_scale_one(value: float) -> None:
    rows = np.column_stack([blobs(), np.full(450, value)])
    seen = surveyed(rows)
    np.testing.assert_array_equal(seen.constant, [False, False, True])
    assert seen.scale[2] == 1


@pytest.mark.parametrize(("mean", "spread"), [(0, 1e-100), (1, 1e-12), (1e8, 1e-4)])
def test_a_column_of_little_spread_is_not_constant(mean: float, spread: float) -> None:
    rows = mean + spread * np.arange(100.0)[:, None]
    assert not surveyed(rows).constant.any()


def test_a_column_is_constant_where_only_rows_of_weight_zero_differ() -> None:
    rows = np.full((50, 1), 3.0)
    rows[7] = 8
    weights = np.ones(50)
    weights[7] = 0
    assert surveyed(rows, weights).constant.all()


def test_threads_and_streams_give_the_same_bits() -> None:
    rows = np.random.default_rng(0).normal(size=(6 * CHUNK_ROWS + 5, 3))
    weights = np.arange(float(len(rows)))
    expected = surveyed(rows, weights)
    for data in (rows, table_of(rows)):
        for n_jobs in (1, 2, 3):
            with threads(n_jobs) as workers:
                seen = survey(as_source(data, sample_weight=weights), workers)
            np.testing.assert_array_equal(seen.mean, expected.mean)
            np.testing.assert_array_equal(seen.covariance, expected.covariance)


def test_no_rows_are_refused() -> None:
    with pytest.raises(InputError, match="there are no rows"):
        surveyed(np.empty((0, 2)))


def test_no_weight_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="sample_weight: every weight is zero"):
        surveyed(blobs(), np.zeros(450))


@pytest.mark.parametrize("workers", [1, 2])
def test_too_few_weights_for_the_chunks_of_a_stream_are_refused_by_name(workers: int) -> None:
    rows = np.zeros((3 * CHUNK_ROWS, 1))
    source = as_source(table_of(rows), sample_weight=np.ones(CHUNK_ROWS + 5))
    with threads(workers) as pool, pytest.raises(InputError, match="sample weights"):
        survey(source, pool)
