"""How many rows each covariance type needs: wide tables, and what is said of those too small."""

import numpy as np
import pytest

from include.gmm.errors import InputError
from include.gmm.mixture import select_mixture
from include.gmm.mixture.limits import least_rows, rows_needed, shortages, too_few
from include.gmm.mixture.parameters import Array, CovarianceType
from tests.gmm.mixture.examples import TYPES


def groups(sizes: list[int], n_features: int, apart: float = 5.0, seed: int = 0) -> Array:
    """Round groups whose means lie `apart` deviations from each other in every column or more."""
    rng = np.random.default_rng(seed)
    return np.vstack(
        [rng.normal(apart * number, 1, (size, n_features)) for number, size in enumerate(sizes)]
    )


@pytest.mark.parametrize("kind", ["diag", "spherical"])
@pytest.mark.parametrize(
    ("sizes", "n_features"),
    [
        ([20, 20], 30),  # each group has fewer rows than columns
        ([10, 10], 30),  # so has the whole table
        ([35, 35], 30),
        ([20, 20], 100),
        ([12, 12, 12], 30),
        ([6, 6, 6], 12),
        ([20], 30),
        ([40], 30),
    ],
    ids=str,
)
def test_as_many_components_as_groups_are_found_in_wide_tables(
    kind: CovarianceType, sizes: list[int], n_features: int
) -> None:
    selection = select_mixture(groups(sizes, n_features), range(1, 6), [kind])
    assert selection.best.n_components == len(sizes)
    assert sorted(selection.best.parameters.weights * sum(sizes)) == pytest.approx(sizes, abs=0.01)
    assert not selection.warnings


@pytest.mark.parametrize("seed", range(3))
def test_all_types_together_find_the_groups_of_a_wide_table(seed: int) -> None:
    selection = select_mixture(groups([20, 20], 30, seed=seed), range(1, 6), seed=seed)
    assert (selection.best.n_components, selection.best.covariance_type) == (2, "spherical")
    assert selection.warnings == [
        f"40 rows of 30 columns are too few for 2 components of type {kind} (62 are needed): "
        "not compared."
        for kind in ("full", "tied")
    ]


def test_a_shared_covariance_of_enough_rows_takes_components_of_few() -> None:
    selection = select_mixture(groups([60, 60, 15], 30), range(1, 5), ["tied"])
    assert selection.best.n_components == 3
    assert selection.best.parameters.weights.min() * 135 < 31


@pytest.mark.parametrize("seed", range(3))
def test_a_shared_covariance_of_few_rows_makes_no_groups_of_noise(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=(40, 30))
    assert select_mixture(noise, range(1, 5), ["tied"], seed=seed).best.n_components == 1


def test_a_weight_is_as_many_rows_when_rows_are_few() -> None:
    rows = groups([20, 20], 30)
    selection = select_mixture(rows, [1, 2], ["spherical"], sample_weight=np.full(40, 1 / 40))
    assert selection.best.n_components == 2
    (warning,) = select_mixture(rows, [1, 2], ["full"], sample_weight=np.full(40, 1e9)).warnings
    assert warning.startswith("40 rows of 30 columns are too few")


def test_components_that_the_rows_do_not_allow_are_degenerate_for_that_reason() -> None:
    one, two = select_mixture(groups([20, 20], 30), [1, 2], ["full"]).candidates
    assert not one.degenerate
    assert two.reason == "40 rows are too few"


@pytest.mark.parametrize("kind", TYPES)
def test_in_one_column_two_rows_make_a_component(kind: CovarianceType) -> None:
    assert least_rows(kind, 1) == 2


@pytest.mark.parametrize("kind", TYPES)
def test_a_component_needs_no_more_rows_than_a_covariance_of_its_own(kind: CovarianceType) -> None:
    for d in range(1, 40):
        assert 2 <= least_rows(kind, d) <= d + 1
        assert rows_needed(kind, 1, d) <= d + 1


@pytest.mark.parametrize("kind", TYPES)
def test_more_components_need_more_rows(kind: CovarianceType) -> None:
    for d in (1, 2, 7, 30):
        needed = [rows_needed(kind, k, d) for k in range(1, 9)]
        assert all(np.diff(needed) > 0)


def test_rows_that_rounding_makes_a_little_fewer_are_not_too_few() -> None:
    assert not too_few(6 - 1e-9, "diag", 2, 30)
    assert too_few(5.9, "diag", 2, 30)


def test_types_that_could_have_had_more_components_are_not_told_of() -> None:
    assert shortages(TYPES, 10_000, 7, chosen=3, largest=10) == []
    assert shortages(["full"], 30, 7, chosen=1, largest=10) == []
    assert shortages(["full"], 30, 7, chosen=3, largest=3) == []
    (told,) = shortages(["full"], 30, 7, chosen=3, largest=10)
    assert told.startswith("30 rows of 7 columns are too few for 4 components of type full (32 ")


@pytest.mark.parametrize("kinds", [["full"], ["tied"], ["full", "tied"]], ids=str)
def test_a_table_too_small_for_every_type_is_refused_with_a_remedy(
    kinds: list[CovarianceType],
) -> None:
    with pytest.raises(InputError) as caught:
        select_mixture(groups([10, 10], 30), [1, 2], kinds)
    told = str(caught.value)
    assert f"20 rows of 30 columns are too few for 1 component of type {' or '.join(kinds)}" in told
    assert "diag and spherical" in told


def test_a_size_too_large_for_every_type_is_refused_too() -> None:
    with pytest.raises(InputError, match=r"12 rows of 8 columns .* 5 components .* try fewer"):
        select_mixture(groups([6, 6], 8), [5])
