"""Medians and quantiles of a snapshot, against NumPy's of the same values in memory."""

import numpy as np
import pandas as pd
import pytest

from include.gmm.settings import Feature, Features
from include.gmm.snapshot import order
from include.gmm.snapshot.rows import Rows
from tests.gmm.snapshots import rows_of

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

COLUMNS = st.lists(st.floats(-1e9, 1e9) | st.integers(0, 3).map(float), min_size=1, max_size=50)
FEATURES = Features(
    model="m", key="id", columns={"x": Feature()}, profile={"p": Feature()}, missing="drop"
)


def rows_with(values: list[float]) -> Rows:
    frame = pd.DataFrame({"id": range(len(values) + 1), "x": [*values, np.nan]})
    return rows_of(frame.assign(p=np.where(frame["id"] % 2, frame["x"], np.nan)), FEATURES)


@settings(deadline=None, max_examples=30)
@given(COLUMNS)
def test_the_median_is_that_of_the_values_of_complete_rows(values: list[float]) -> None:
    rows = rows_with(values)
    assert order.median(rows, "x") == pytest.approx(np.median(values))
    described = values[1::2]
    expected = pytest.approx(np.median(described)) if described else None
    assert order.median(rows, "p") == expected


@settings(deadline=None, max_examples=30)
@given(COLUMNS, st.lists(st.floats(0.001, 1), min_size=1, max_size=5, unique=True).map(sorted))
def test_quantiles_are_values_of_the_column(values: list[float], levels: list[float]) -> None:
    expected = np.quantile(values, levels, method="inverted_cdf")
    found = order.quantiles(rows_with(values), "x", levels)
    np.testing.assert_array_equal(found, expected)


@settings(deadline=None, max_examples=30)
@given(COLUMNS)
def test_the_next_smaller_value_is_the_largest_below(values: list[float]) -> None:
    than = sorted(values)[-1]
    below = [value for value in values if value < than]
    assert order.next_smaller(rows_with(values), "x", [than]) == ([max(below)] if below else [])
