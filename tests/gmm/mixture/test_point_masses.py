"""What repeats exactly is told: copies of a row, and components that sit on one value."""

from typing import Any

import numpy as np
import pytest

from include.gmm.mixture.parameters import Array, Parameters
from include.gmm.mixture.point_masses import point_masses
from include.gmm.mixture.rows.reading import Resolution, as_source, checked
from include.gmm.mixture.rows.sample import draw
from tests.gmm.mixture.tables import blobs, table_of

ROUND = Parameters(np.ones(1), np.zeros((1, 2)), np.eye(2)[None] * 9, (1,))


def with_copies(copies: int = 50) -> Array:
    return np.vstack([blobs(), np.tile([[0.25, 0.75]], (copies, 1))])


def counts(share_of_zeros: float = 0.4) -> Array:
    """A column of whole numbers with many zeros, and one of free values."""
    rng = np.random.default_rng(0)
    whole = np.where(rng.random(500) < share_of_zeros, 0, rng.poisson(20, 500))
    return np.column_stack([whole, rng.normal(size=500)])


def told(data: Any, mixture: Parameters = ROUND, resolution: Resolution = None) -> list[str]:
    rows, names = checked(data)
    source = as_source(rows, resolution, names=names)
    return [str(each) for each in point_masses(draw(source, 4_000, 0), source, mixture)]


def zeros_and_the_rest(variance: float, shape: str = "full") -> Parameters:
    """A mixture for `counts` with a component on zero."""
    covariances = np.array([np.diag([variance, 1.0]), np.diag([20.0, 1.0])])
    if shape == "diag":
        covariances = np.einsum("kii->ki", covariances).copy()
    return Parameters(np.array([0.4, 0.6]), np.array([[0.0, 0.0], [20, 0]]), covariances, (2,))


def test_copies_of_a_row_are_told_with_share_and_values() -> None:
    (warning,) = told(with_copies())
    assert warning.startswith("10.0 % of the rows are copies of one row (0.25, 0.75)")
    assert "resolution" in warning


def test_few_copies_are_not_told() -> None:
    assert not told(with_copies(4))
    assert not told(blobs())


def test_copies_in_a_stream_are_told_too() -> None:
    assert told(table_of(with_copies())) == told(with_copies())


def test_copies_are_explained_where_every_column_is_rounded() -> None:
    rows = with_copies()
    assert not told(rows, resolution=np.array([0.25, 0.25]))
    assert not told(rows, resolution=np.full_like(rows, 0.25))
    assert told(rows, resolution=np.array([0.25, 0.0]))


def test_copies_are_told_with_weights() -> None:
    rows = np.vstack([blobs(), [[0.25, 0.75]]])
    source = as_source(rows, sample_weight=np.append(np.ones(450), 50.0))
    (warning,) = point_masses(draw(source, 4_000, 0), source, ROUND)
    assert str(warning).startswith("10.0 % of the rows")


@pytest.mark.parametrize("shape", ["full", "diag"])
def test_a_component_on_one_value_of_a_rounded_column_is_told(shape: str) -> None:
    mixture = zeros_and_the_rest(1 / 12 * 1.001, shape)
    assert told(counts(), mixture, "auto") == [
        "Component 1 sits on one value of column number 1: that value is frequent."
    ]


def test_columns_are_called_by_their_names() -> None:
    frame = table_of(counts()).to_pandas()
    (warning,) = told(frame, zeros_and_the_rest(1 / 12), "auto")
    assert "column 'x0'" in warning


def test_a_component_that_is_wider_than_rounding_makes_it_is_not_told() -> None:
    assert not told(counts(), zeros_and_the_rest(1 / 12 * 1.1), "auto")


def test_a_narrow_component_of_a_column_without_steps_is_not_told() -> None:
    assert not told(counts(), zeros_and_the_rest(1e-6))


def test_cells_of_each_value_count_as_those_of_the_columns_do() -> None:
    rows = counts()
    widths = np.where(rows == 0, 0.5, 2.0) * [1, 0]
    mixture = zeros_and_the_rest(0.25 / 12)
    assert told(rows, mixture, widths) == told(rows, mixture, np.array([0.5, 0.0]))
    assert len(told(rows, mixture, widths)) == 1
    assert not told(rows, zeros_and_the_rest(0.5 / 12), widths)
