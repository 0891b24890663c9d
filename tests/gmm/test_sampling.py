"""The rows that a summary shows: the same ones whatever lies around them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from include.gmm import settings
from include.gmm.mixture.parameters import Array
from include.gmm.model import Applied
from include.gmm.sampling import Ambiguous, Drawn
from include.gmm.snapshot.rows import Batch, Rows
from include.gmm.summary import Row, Sample
from tests.gmm.snapshots import rows_of


def read(frame: pd.DataFrame) -> Rows:
    features = settings.Features(
        model="x",
        key="key",
        columns={name: settings.Feature() for name in frame.columns if name != "key"},
    )
    return rows_of(frame, features)


def numbered(rows: int, features: int = 2) -> pd.DataFrame:
    """Each value says which row and which feature it is of."""
    values = np.arange(rows)[:, None] + np.arange(features) / 1000
    frame = pd.DataFrame(values, columns=[f"f{number}" for number in range(features)])
    return frame.assign(key=[f"k{number}" for number in range(rows)])


def sure(rows: int) -> Array:
    return np.tile([1.0, 0.0], (rows, 1))


def sample(frame: pd.DataFrame, probabilities: Array, size: int = 10_000) -> Sample:
    """The rows of the frame, in order of key, with their probabilities (n, K), in batches."""
    rows, drawn = read(frame), Drawn(len(frame.columns) - 1)
    for batch, applied in _batches(rows, probabilities, size):
        drawn.add(batch, applied)
    return drawn.sample((4, 7))


def ambiguous(frame: pd.DataFrame, probabilities: Array, size: int = 10_000) -> list[Row]:
    hardest = Ambiguous()
    for batch, applied in _batches(read(frame), probabilities, size):
        hardest.add(batch, applied)
    return hardest.rows


def _batches(rows: Rows, probabilities: Array, size: int) -> Iterator[tuple[Batch, Applied]]:
    for first in range(0, len(rows), size):
        part = probabilities[first : first + size]
        (batch,) = rows.range(first, len(part))
        yield batch, Applied(part.T.copy(), np.zeros(len(part)))


def shown(frame: pd.DataFrame) -> set[float]:
    """The rows of `numbered` that are in the sample."""
    return {values[0] for values in sample(frame, sure(len(frame))).values}


def test_all_rows_of_a_small_table_are_shown() -> None:
    assert shown(numbered(50)) == set(range(50))


@pytest.mark.parametrize(("features", "rows"), [(2, 1000), (20, 1000), (30, 666)])
def test_rows_and_values_are_bounded(features: int, rows: int) -> None:
    drawn = sample(numbered(1500, features), sure(1500))
    assert len(drawn.values) == len(drawn.segments) == len(drawn.probabilities) == rows
    assert {len(values) for values in drawn.values} == {features}


def test_the_size_of_the_batches_does_not_matter() -> None:
    frame = numbered(1500)
    assert sample(frame, sure(1500), 7) == sample(frame, sure(1500))


def test_the_order_of_the_rows_does_not_matter() -> None:
    frame = numbered(1500)
    assert shown(frame.sample(frac=1, random_state=1)) == shown(frame)


def test_as_the_table_grows_rows_only_make_room_for_new_ones() -> None:
    before, after = shown(numbered(1500)), shown(numbered(1800))
    left = before - after
    assert 0 < len(left) == len({row for row in after if row >= 1500})
    assert after - before <= set(range(1500, 1800))


def test_fitted_and_held_out_rows_are_shown_alike() -> None:
    frame = numbered(5000)
    (batch,) = read(frame).batches()
    held_out = read(frame).held_out(batch.hashes, 0.2)
    drawn = np.isin(batch.values[:, 0], list(shown(frame)))
    assert held_out[drawn].mean() == pytest.approx(0.2, abs=0.04)


def test_a_row_is_shown_with_its_values_its_segment_and_its_probability() -> None:
    frame = pd.DataFrame({"key": [1, 2], "x": [123456.7, -0.000123456], "y": [1.0, 1e9]})
    drawn = sample(frame, np.array([[0.123456, 0.876544], [0.99999, 0.00001]]))
    found = sorted(zip(drawn.values, drawn.segments, drawn.probabilities, strict=True))
    assert found == [([-0.00012346, 1e9], 4, 1.0), ([123460.0, 1.0], 7, 0.8765)]


@pytest.mark.parametrize("size", [4, 100])
def test_the_rows_hardest_to_assign_come_first_with_all_that_is_known_of_them(size: int) -> None:
    probabilities = sure(30)
    probabilities[[4, 20, 7]] = [[0.6, 0.4], [0.45, 0.55], [0.1, 0.9]]
    hardest = ambiguous(numbered(30).assign(key=range(30)), probabilities, size)
    assert [row.key for row in hardest] == ["20", "4", "7"]
    assert hardest[0].values == [20.0, 20.001]
    assert hardest[0].probabilities == [0.45, 0.55]


def test_no_more_than_ten_rows_are_called_hard_and_equal_ones_are_in_order_of_key() -> None:
    probabilities = np.full((40, 2), 0.5)
    probabilities[:, 0] += np.random.default_rng(0).uniform(0, 1e-14, 40)  # as by rounding
    hardest = ambiguous(numbered(40).assign(key=range(40, 0, -1)), probabilities)
    assert [row.key for row in hardest] == [str(key) for key in range(1, 11)]


def test_a_row_that_belongs_to_one_segment_for_certain_is_not_hard() -> None:
    assert ambiguous(numbered(5), np.ones((5, 1))) == []
