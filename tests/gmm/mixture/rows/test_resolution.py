"""In which steps the values of a column come, and what rounding to given cells hides."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.reading import Resolution, as_source, checked
from include.gmm.mixture.rows.resolution import find_steps
from include.gmm.mixture.rows.source import CHUNK_ROWS, InMemory, Source
from tests.gmm.mixture.tables import FORMS, blobs, in_form, table_of

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402


def source_of(data: Any, resolution: Resolution) -> Source:
    rows, names = checked(data)
    return as_source(rows, resolution, names=names)


def cell_variance(data: Any, resolution: Resolution) -> Array:
    variance = source_of(data, resolution).cell_variance
    assert variance is not None
    return variance


def refusal(data: Any, resolution: Resolution) -> str:
    with pytest.raises(InputError) as caught:
        for _ in source_of(data, resolution).chunks():
            pass
    return str(caught.value)


def step_of(values: Any) -> float:
    (step,) = find_steps(InMemory(values[:, None]))
    return float(step)


@given(
    numbers=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=30),
    decimals=st.integers(0, 6),
)
@settings(deadline=None, max_examples=100)
def test_multiples_of_a_power_of_ten_come_in_the_coarsest_step_that_holds_them(
    numbers: list[int], decimals: int
) -> None:
    coarsest = decimals
    while coarsest > 0 and all(number % 10 ** (decimals - coarsest + 1) == 0 for number in numbers):
        coarsest -= 1
    values = np.array([float(f"{number}e-{decimals}") for number in numbers])
    assert step_of(values) == float(f"1e-{coarsest}")


def test_what_arithmetic_leaves_of_cents_is_read_as_cents() -> None:
    euros = np.random.default_rng(0).integers(1, 100_000, 500) * 0.01
    assert step_of(euros) == 0.01
    assert step_of(euros * 3 / 3) == 0.01


def test_values_with_more_than_six_decimals_have_no_step() -> None:
    assert step_of(np.array([0.1234567, 0.2, 0.3])) == 0
    assert step_of(blobs()[:, 0]) == 0


def test_one_value_in_a_later_chunk_is_enough_to_refine_the_step() -> None:
    counts = np.arange(2.0 * CHUNK_ROWS)
    assert step_of(counts) == 1
    counts[-1] = 0.25
    assert step_of(counts) == 0.01


def test_every_column_has_a_step_of_its_own() -> None:
    rng = np.random.default_rng(0)
    counts, cents, free = rng.integers(0, 9, 99), rng.random(99).round(2), rng.random(99)
    rows = np.column_stack([counts, cents, free])
    np.testing.assert_array_equal(find_steps(InMemory(rows)), [1, 0.01, 0])


def test_distant_values_that_are_not_rounded_have_no_step_worth_the_name() -> None:
    rng = np.random.default_rng(0)
    for mean in (1e4, 1e8, 1e11):
        spread = rng.normal(size=500)
        assert step_of(mean + spread) < 1e-2 * spread.std()


@pytest.mark.parametrize("form", ["array", "table"])
@pytest.mark.parametrize(
    "widths",
    [1.0, [1.0], [1.0, 1.0, 1.0], [1.0, -1.0], [1.0, np.nan], [1.0, np.inf], np.ones((450, 1))],
)
def test_a_resolution_that_does_not_fit_is_refused(form: str, widths: Any, tmp_path: Path) -> None:
    assert refusal(in_form(form, blobs(), tmp_path), widths).startswith("resolution: ")


@pytest.mark.parametrize("form", ["array", "table"])
@pytest.mark.parametrize(
    "wrong",
    [
        lambda rows: np.ones((len(rows), 1)),
        lambda rows: np.ones(rows.shape[1]),
        lambda rows: np.full_like(rows, -1.0),
        lambda rows: np.full_like(rows, np.nan),
    ],
    ids=["one column", "one row", "negative", "NaN"],
)
def test_what_a_resolution_says_of_the_rows_is_checked(
    form: str, wrong: Any, tmp_path: Path
) -> None:
    assert refusal(in_form(form, blobs(), tmp_path), wrong).startswith("resolution: ")


def test_a_resolution_by_another_name_than_auto_is_refused() -> None:
    unknown: Any = "fine"
    assert refusal(blobs(), unknown).startswith("resolution: ")


def test_a_width_for_every_value_of_a_stream_is_refused() -> None:
    assert refusal(table_of(blobs()), np.ones((450, 2))).startswith("resolution: ")


@pytest.mark.parametrize("form", FORMS)
def test_a_width_for_every_column_hides_a_twelfth_of_its_square(form: str, tmp_path: Path) -> None:
    data = in_form(form, blobs(), tmp_path)
    variance = cell_variance(data, np.array([1.0, 0.1]))
    np.testing.assert_allclose(variance, [1 / 12, 0.01 / 12], rtol=1e-14)
    assert next(source_of(data, np.array([1.0, 0.1])).chunks()).cells is None


@pytest.mark.parametrize("form", FORMS)
def test_a_function_of_rows_gives_every_value_its_width(form: str, tmp_path: Path) -> None:
    source = source_of(in_form(form, blobs(), tmp_path), lambda rows: 1 + np.abs(rows))
    for chunk in source.chunks(100):
        assert chunk.cells is not None
        np.testing.assert_allclose(chunk.cells, (1 + np.abs(chunk.rows)) ** 2 / 12, rtol=1e-14)


def test_an_array_may_have_a_width_for_every_value() -> None:
    rows = blobs()
    source = source_of(rows, np.abs(rows))
    assert isinstance(source, InMemory)
    assert source.cells is not None
    np.testing.assert_allclose(source.cells, rows**2 / 12, rtol=1e-14)


@pytest.mark.parametrize("form", FORMS)
def test_auto_finds_what_the_values_show(form: str, tmp_path: Path) -> None:
    rows = np.column_stack([blobs().round(), blobs()[:, 0]])
    variance = cell_variance(in_form(form, rows, tmp_path), "auto")
    np.testing.assert_allclose(variance, [1 / 12, 1 / 12, 0], rtol=1e-14)


def test_auto_of_values_without_steps_is_no_resolution() -> None:
    assert source_of(blobs(), "auto").cell_variance is None
