"""Chunks: the same whatever the batches they are cut from, with what belongs to their rows."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.source import CHUNK_ROWS, Chunk, InMemory, Stream, chunk_of
from tests.gmm.mixture.tables import names, table_of

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402


def some_rows(n: int = 50) -> Array:
    return np.random.default_rng(0).normal(size=(n, 3))


def in_batches(rows: Array, sizes: Sequence[int], weights: Array | None = None) -> Stream:
    """A stream whose batches have these sizes, and then one with the rest."""
    ends = [*np.minimum(np.cumsum(sizes), len(rows)), len(rows)]
    table = table_of(rows)
    batches: list[pa.RecordBatch] = []
    for first, end in zip([0, *ends], ends, strict=False):
        part = pa.RecordBatch.from_arrays(
            [column.slice(first, end - first).combine_chunks() for column in table.columns],
            names=table.column_names,
        )
        batches.append(part)
    return Stream(lambda: batches, names(rows), "batches", sample_weight=weights)


def assert_same(found: list[Chunk], expected: list[Chunk]) -> None:
    assert [len(chunk.rows) for chunk in found] == [len(chunk.rows) for chunk in expected]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)
        np.testing.assert_equal(one.sample_weight, other.sample_weight)


@given(
    sizes=st.lists(st.integers(0, 30), max_size=8),
    size=st.integers(1, 60),
    weighted=st.booleans(),
)
@settings(deadline=None, max_examples=100)
def test_a_stream_is_cut_as_an_array_is_whatever_its_batches(
    sizes: list[int], size: int, weighted: bool
) -> None:
    rows = some_rows()
    weights = np.arange(50.0) if weighted else None

    stream = in_batches(rows, sizes, weights)

    assert_same(list(stream.chunks(size)), list(InMemory(rows, sample_weight=weights).chunks(size)))


def test_chunks_are_contiguous_float64_of_one_length_but_the_last() -> None:
    rows = some_rows(2 * CHUNK_ROWS + 10)
    for source in (InMemory(rows), in_batches(rows, [100, 9_000])):
        chunks = list(source.chunks())
        assert [len(chunk.rows) for chunk in chunks] == [CHUNK_ROWS, CHUNK_ROWS, 10]
        assert all(chunk.rows.flags.c_contiguous for chunk in chunks)
        assert all(chunk.rows.dtype == np.float64 for chunk in chunks)


def test_a_stream_can_be_read_again() -> None:
    stream = in_batches(some_rows(), [20, 20])
    assert_same(list(stream.chunks(7)), list(stream.chunks(7)))


def test_cells_of_an_array_belong_to_the_rows_of_their_chunk() -> None:
    rows = some_rows()
    cells = rows**2
    for chunk in InMemory(rows, cells=cells).chunks(7):
        np.testing.assert_array_equal(chunk.cells, chunk.rows**2)


def test_cells_of_a_stream_are_asked_for_chunk_by_chunk() -> None:
    stream = in_batches(some_rows(), [20, 20])
    stream.cells = lambda rows: rows**2
    for chunk in stream.chunks(7):
        np.testing.assert_array_equal(chunk.cells, chunk.rows**2)


def test_one_chunk_can_hold_a_whole_array() -> None:
    rows = some_rows(CHUNK_ROWS + 10)
    chunk = chunk_of(InMemory(rows, sample_weight=np.arange(float(len(rows)))))
    np.testing.assert_array_equal(chunk.rows, rows)
    np.testing.assert_array_equal(chunk.sample_weight, np.arange(float(len(rows))))


@pytest.mark.parametrize("weights", [40, 49, 51, 60])
def test_weights_that_are_not_as_many_as_the_rows_are_refused(weights: int) -> None:
    stream = in_batches(some_rows(), [20], np.ones(weights))
    with pytest.raises(InputError, match=f"batches: 50 rows, but {weights} sample weights"):
        list(stream.chunks(20))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_finite_number_is_refused_by_the_name_of_its_column(
    value: float,
) -> None:
    rows = some_rows()
    rows[33, 1] = value
    with pytest.raises(InputError, match="batches: column 'x1' holds NaN or infinity"):
        list(in_batches(rows, [20]).chunks(20))


def test_a_missing_value_is_refused_by_the_name_of_its_column() -> None:
    batch = pa.RecordBatch.from_pydict({"euros": [1.0, 2.0], "visits": [1, None]})
    stream = Stream(lambda: [batch], ["euros", "visits"], "shops")
    with pytest.raises(InputError, match="shops: column 'visits' has missing values"):
        list(stream.chunks())


def test_every_kind_of_number_is_read() -> None:
    columns = [
        pa.array([0, 1, 1], pa.int8()),
        pa.array([0, 1, 1], pa.uint64()),
        pa.array([0.0, 1.0, 1.0], pa.float32()),
        pa.array([False, True, True]),
        pa.array([Decimal(0), Decimal(1), Decimal(1)], pa.decimal128(9, 2)),
    ]
    letters = list("abcde")
    batch = pa.RecordBatch.from_arrays(columns, names=letters)
    (chunk,) = Stream(lambda: [batch], letters, "kinds").chunks()
    np.testing.assert_array_equal(chunk.rows, np.repeat([[0.0], [1.0], [1.0]], 5, axis=1))
