"""The sample: which rows are taken, for how many others each stands, and what does not matter."""

import numpy as np
import pytest

from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.reading import as_source
from include.gmm.mixture.rows.sample import REPEATED, Sample, draw, hashes, sample_size
from include.gmm.mixture.rows.source import CHUNK_ROWS, InMemory
from tests.gmm.mixture.tables import blobs, table_of

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

seeds = st.integers(0, 2**31 - 1)


def few_values(seed: int, n: int = 300) -> Array:
    """Rows (n, 2) of which many are equal."""
    return np.random.default_rng(seed).poisson(3, (n, 2)).astype(np.float64)


def assert_same(one: Sample, other: Sample) -> None:
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.weights, other.weights)
    np.testing.assert_equal(one.cells, other.cells)
    assert [(*row, share) for row, share in one.repeated] == [
        (*row, share) for row, share in other.repeated
    ]


@given(seed=seeds, size=st.integers(1, 400))
@settings(deadline=None, max_examples=50)
def test_the_order_of_rows_does_not_matter(seed: int, size: int) -> None:
    rows = few_values(seed)
    order = np.random.default_rng(seed).permutation(len(rows))
    cells, weights = rows / 7, np.floor(rows[:, 0] / 2) + 1

    one = draw(InMemory(rows, cells, sample_weight=weights), size, seed)
    other = draw(InMemory(rows[order], cells[order], sample_weight=weights[order]), size, seed)

    assert_same(one, other)


@given(seed=seeds, size=st.integers(1, 400))
@settings(deadline=None, max_examples=50)
def test_a_weight_of_w_counts_as_w_copies(seed: int, size: int) -> None:
    rows = few_values(seed)
    weights = np.random.default_rng(seed).integers(0, 4, len(rows))

    weighted = draw(InMemory(rows, sample_weight=weights.astype(np.float64)), size, seed)

    assert_same(weighted, draw(InMemory(rows.repeat(weights, axis=0)), size, seed))


@pytest.mark.parametrize("seed", range(20))
def test_frequent_rows_are_always_in_with_all_their_weight(seed: int) -> None:
    rows = np.vstack([np.random.default_rng(seed).normal(size=(2_000, 2)), np.ones((100, 2))])
    sample = draw(InMemory(rows), 200, seed)
    assert len(sample.rows) == 200
    assert sample.weights[(sample.rows == 1).all(axis=1)] == [100]


@given(seed=seeds, size=st.integers(1, 299))
@settings(deadline=None, max_examples=30)
def test_a_row_stands_for_itself_or_for_the_highest_priority_left_out(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    rows, weights = rng.normal(size=(300, 2)), rng.exponential(size=300)
    priorities = weights / ((hashes(rows, seed) + 0.5) / 2.0**64)
    order = np.argsort(-priorities)

    sample = draw(InMemory(rows, sample_weight=weights), size, seed)

    at, taken = np.argsort(sample.rows[:, 0]), order[:size][np.argsort(rows[order[:size], 0])]
    np.testing.assert_array_equal(sample.rows[at], rows[taken])
    expected = np.maximum(weights[taken], priorities[order[size]])
    np.testing.assert_array_equal(sample.weights[at], expected)


@pytest.mark.parametrize("streamed", [False, True])
def test_weights_sum_to_those_of_all_rows_within_the_error_of_sampling(streamed: bool) -> None:
    rng = np.random.default_rng(0)
    rows, weights = rng.normal(size=(5_000, 2)), rng.exponential(size=5_000)
    data = table_of(rows) if streamed else rows
    size, total = 400, weights.sum()
    sums, upper = [], []
    for seed in range(60):
        sample = draw(as_source(data, sample_weight=weights), size, seed)
        assert len(sample.rows) == size
        sums.append(sample.weights.sum())
        upper.append(sample.weights[sample.rows[:, 0] > 0].sum())
    # Szegedy (2006): priority sampling of k rows errs by at most total / sqrt(k - 1).
    error = total / np.sqrt(size - 1)
    for found, true in ((sums, total), (upper, weights[rows[:, 0] > 0].sum())):
        assert np.std(found) < 1.2 * error
        assert abs(np.mean(found) - true) < 4 * error / np.sqrt(len(found))
    assert np.std(upper) > 0  # seeds take different rows


def test_a_sample_of_everything_keeps_all_distinct_rows_with_their_counts() -> None:
    rows = few_values(0)
    distinct, counts = np.unique(rows, axis=0, return_counts=True)

    sample = draw(InMemory(rows), len(distinct), 0)

    order = np.lexsort(sample.rows.T[::-1])
    np.testing.assert_array_equal(sample.rows[order], distinct)
    np.testing.assert_array_equal(sample.weights[order], counts)


def test_a_stream_that_fits_is_kept_row_by_row_with_its_weights_and_cells() -> None:
    rows = blobs()
    weights = np.arange(450.0)
    stream = as_source(table_of(rows), np.abs, weights)

    sample = draw(stream, 1_000, 0)

    assert sample.cells is not None
    order = np.lexsort(sample.rows.T[::-1])
    expected = np.lexsort(rows[1:].T[::-1])  # the first weighs nothing
    np.testing.assert_array_equal(sample.rows[order], rows[1:][expected])
    np.testing.assert_array_equal(sample.weights[order], weights[1:][expected])
    np.testing.assert_allclose(sample.cells, sample.rows**2 / 12, rtol=1e-14)


def test_a_stream_of_several_chunks_gives_rows_from_all_of_them() -> None:
    places = np.arange(20.0 * CHUNK_ROWS)
    sample = draw(as_source(table_of(places[:, None])), 1_000, 0)
    assert len(np.unique(sample.rows)) == 1_000
    assert len(np.unique(sample.rows % (8 * CHUNK_ROWS))) > 950  # other places in every batch
    shares = np.histogram(sample.rows, bins=10, range=(0, len(places)))[0] / 1_000
    np.testing.assert_allclose(shares, 0.1, atol=0.05)  # five standard errors
    assert sample.weights.sum() == pytest.approx(len(places), rel=0.2)


def test_rows_of_weight_zero_are_never_taken() -> None:
    rows = blobs()
    weights = (rows[:, 0] > 0).astype(np.float64)
    for data in (rows, table_of(rows)):
        for size in (20, 1_000):
            sample = draw(as_source(data, sample_weight=weights), size, 0)
            assert (sample.rows[:, 0] > 0).all()
            assert (sample.weights > 0).all()


def test_repeated_rows_are_told_with_their_shares_the_most_frequent_first() -> None:
    unique = np.random.default_rng(0).normal(size=(800, 2))
    rows = np.vstack([unique, np.tile([[1, 2]], (150, 1)), np.tile([[3, 4]], (50, 1))])
    for size in (100, 5_000):
        repeated = draw(InMemory(rows), size, 0).repeated
        assert [(*row, share) for row, share in repeated] == [(1, 2, 0.15), (3, 4, 0.05)]


def test_equal_rows_of_different_cells_have_the_mean_of_their_cells() -> None:
    rows, cells = np.ones((4, 1)), np.array([[0.0], [1.0], [2.0], [5.0]])
    sample = draw(InMemory(rows, cells), 10, 0)
    assert sample.cells is not None
    np.testing.assert_allclose(sample.cells, [[2.0]])


def test_rows_that_repeat_less_often_than_one_in_a_hundred_are_not_worth_a_word() -> None:
    unique = np.random.default_rng(0).normal(size=(1_000, 2))
    few = round(REPEATED * 1_000)
    assert not draw(InMemory(np.vstack([unique, np.ones((few, 2))])), 5_000, 0).repeated
    assert draw(InMemory(np.vstack([unique, np.ones((few + 1, 2))])), 5_000, 0).repeated


def test_single_rows_are_not_repeated_however_few_there_are() -> None:
    assert not draw(InMemory(blobs()[:10]), 100, 0).repeated


def test_rows_that_repeat_in_a_stream_are_told_too() -> None:
    rows = np.vstack([blobs(), np.ones((60, 2))])
    repeated = draw(as_source(table_of(rows)), 1_000, 0).repeated
    assert [(*row, round(share, 6)) for row, share in repeated] == [(1, 1, round(60 / 510, 6))]


def test_a_row_of_great_weight_is_told_with_its_share() -> None:
    rows, weights = np.vstack([blobs(), [[1, 2]]]), np.append(np.ones(450), 50.0)
    for data in (rows, table_of(rows)):
        ((row, share),) = draw(as_source(data, sample_weight=weights), 1_000, 0).repeated
        assert (*row, share) == (1, 2, 0.1)


def test_equal_rows_have_equal_hashes_and_others_do_not() -> None:
    rows = few_values(0)
    found = hashes(rows, 5)
    _, row_numbers = np.unique(rows, axis=0, return_inverse=True)
    _, hash_numbers = np.unique(found, return_inverse=True)
    assert len(set(zip(row_numbers, hash_numbers, strict=True))) == row_numbers.max() + 1
    assert hash_numbers.max() == row_numbers.max()


def test_minus_zero_is_zero() -> None:
    np.testing.assert_array_equal(
        hashes(np.array([[0.0, 1.0]]), 0), hashes(np.array([[-0.0, 1.0]]), 0)
    )


def test_hashes_tell_columns_and_seeds_apart() -> None:
    there, back = hashes(np.array([[1.0, 2.0], [2.0, 1.0]]), 0)
    assert there != back
    assert hashes(np.array([[1.0, 2.0]]), 1) != there


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_hashes_of_whole_numbers_are_spread_evenly(seed: int) -> None:
    shares = hashes(np.arange(100_000.0)[:, None], seed) / 2.0**64
    counts = np.histogram(shares, bins=100, range=(0, 1))[0]
    # chi-squared with 99 degrees of freedom is beyond 170 once in 100,000 times
    assert ((counts - 1_000) ** 2 / 1_000).sum() < 170


def test_samples_grow_with_what_there_is_to_tell_apart() -> None:
    assert sample_size(1, 1) >= 1_000
    assert sample_size(20, 50) > sample_size(10, 50) > sample_size(1, 1)
