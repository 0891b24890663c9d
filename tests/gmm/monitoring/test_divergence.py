"""The mathematics of drift."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from include.gmm.monitoring.divergence import (
    fall_by_chance,
    floor_of,
    population_stability_index,
    psi_by_chance,
    total_variation,
    total_variation_by_chance,
)

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

FLOOR = floor_of(100, 200)
Pairs = list[tuple[int, int]]
pairs_of_counts = st.lists(
    st.tuples(st.integers(0, 1_000), st.integers(0, 1_000)), min_size=1, max_size=20
).filter(lambda pairs: all(sum(side) for side in zip(*pairs, strict=True)))


def shares(pairs: Pairs) -> tuple[list[float], list[float]]:
    then, now = (np.array(side) / sum(side) for side in zip(*pairs, strict=True))
    return then.tolist(), now.tolist()


def psi(pairs: Pairs) -> float:
    return population_stability_index(*shares(pairs), FLOOR)


def test_psi_is_the_sum_that_siddiqi_defines() -> None:
    by_hand = 0.3 * np.log(0.5 / 0.2) + (0.5 - 0.8) * np.log(0.5 / 0.8)
    assert population_stability_index([0.2, 0.8], [0.5, 0.5], FLOOR) == pytest.approx(by_hand)


def test_an_empty_bin_counts_as_half_a_row_of_the_smaller_table() -> None:
    assert FLOOR == 0.005
    assert population_stability_index([1.0, 0.0], [0.9, 0.1], FLOOR) == pytest.approx(
        -0.1 * np.log(0.9) + 0.095 * np.log(0.1 / 0.005)
    )


@given(pairs_of_counts)
def test_psi_is_neither_negative_nor_infinite(pairs: Pairs) -> None:
    assert 0 <= psi(pairs) < np.inf


@given(pairs_of_counts)
def test_psi_of_equal_shares_is_zero(pairs: Pairs) -> None:
    then, _ = shares(pairs)
    assert population_stability_index(then, then, FLOOR) == 0


@given(pairs_of_counts)
def test_psi_and_total_variation_are_the_same_from_either_side(pairs: Pairs) -> None:
    then, now = shares(pairs)
    assert population_stability_index(now, then, FLOOR) == pytest.approx(psi(pairs))
    assert total_variation(then, now) == total_variation(now, then)


@given(pairs_of_counts, st.randoms())
def test_the_order_of_bins_does_not_matter(pairs: Pairs, random: Random) -> None:
    shuffled = random.sample(pairs, len(pairs))
    assert psi(shuffled) == pytest.approx(psi(pairs), abs=1e-12)
    assert total_variation(*shares(shuffled)) == pytest.approx(total_variation(*shares(pairs)))


@given(pairs_of_counts)
def test_total_variation_is_between_zero_and_one(pairs: Pairs) -> None:
    assert 0 <= total_variation(*shares(pairs)) <= 1 + 1e-12


def test_total_variation_of_shares_without_a_common_part_is_one() -> None:
    assert total_variation([0.4, 0.6, 0, 0], [0, 0, 0.9, 0.1]) == 1


@pytest.mark.parametrize("rows", [200, 5_000])
def test_chance_exceeds_its_bounds_about_once_in_a_thousand_times(rows: int) -> None:
    random, times = np.random.default_rng(5), 4_000
    p = np.array([0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05])
    samples = random.multinomial(rows, p, size=(times, 2)) / rows
    floor = floor_of(rows, rows)
    values = np.array([population_stability_index(then, now, floor) for then, now in samples])
    assert values.mean() == pytest.approx((len(p) - 1) * 2 / rows, rel=0.1)
    assert 0 < (values > psi_by_chance(len(p), rows, rows)).sum() <= 0.003 * times
    moved = np.array([total_variation(then, now) for then, now in samples])
    assert (moved > total_variation_by_chance(len(p), rows, rows)).sum() <= 0.001 * times


def test_chance_makes_a_mean_fall_as_its_standard_error_says() -> None:
    random, times = np.random.default_rng(6), 20_000
    then, now = (
        random.normal(0, 2 / np.sqrt(rows), times) for rows in (400, 100)
    )  # means of so many rows of standard deviation 2
    exceeded = (then - now > fall_by_chance(2, 400, 100)).mean()
    assert exceeded == pytest.approx(0.001, abs=0.0007)


def test_a_single_bin_cannot_differ_by_chance() -> None:
    assert psi_by_chance(1, 10, 10) == 0
