"""Who goes on with whose id, whatever the order, number and size of the segments."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from include.gmm.mixture.parameters import Array
from include.gmm.model import Applied
from include.gmm.versions.identity import LEAST_IN_COMMON, Overlap, inherited_ids

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from hypothesis.extra.numpy import arrays  # noqa: E402

ROWS = 12
ROUNDING = 1e-12


@st.composite
def responsibilities(draw: st.DrawFn, most: int = 4) -> Array:
    """(ROWS, K) of up to `most` segments: soft, hard, equal and empty ones."""
    shape = (ROWS, draw(st.integers(1, most)))
    weights = draw(arrays(np.float64, shape, elements=st.integers(0, 3).map(float)))
    weights[weights.sum(axis=1) == 0, 0] = 1.0
    made: Array = weights / weights.sum(axis=1, keepdims=True)
    return made


@st.composite
def matrices(draw: st.DrawFn) -> Array:
    """Shares in common (K, L), with many that are equal."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    return draw(arrays(np.float64, shape, elements=st.integers(0, 12).map(lambda part: part / 12)))


def fits(seed: int, former: int, present: int) -> tuple[Array, Array]:
    """Soft responsibilities of two mixtures that see the same rows alike, but not equally."""
    rng = np.random.default_rng(seed)
    seen = 4 * rng.normal(size=(60, max(former, present)))
    again = seen + rng.normal(size=seen.shape)
    return soft(seen[:, :former]), soft(again[:, :present])


def soft(scores: Array) -> Array:
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    made: Array = weights / weights.sum(axis=1, keepdims=True)
    return made


def hard(*sizes: int) -> Array:
    """Every row belongs to one segment: so many to the first, then so many to the second, ..."""
    made: Array = np.eye(len(sizes))[np.repeat(np.arange(len(sizes)), sizes)]
    return made


def in_common(former: Array, present: Array) -> Array:
    """Of responsibilities (n, K) and (n, L), in two batches whose overlaps are added."""
    half = len(former) // 2
    first, second = (
        Overlap.of(said(former[part]), said(present[part]))
        for part in (slice(half), slice(half, None))
    )
    return (first + second).in_common


def said(responsibilities: Array) -> Applied:
    return Applied(responsibilities.T.copy(), np.zeros(len(responsibilities)))


def ids_of(
    former: Array, present: Array, ids: tuple[int, ...], greatest: int
) -> tuple[tuple[int, ...], list[int]]:
    return inherited_ids(in_common(former, present), ids, greatest)


@settings(deadline=None)
@given(responsibilities())
def test_a_segment_has_all_in_common_with_itself_however_unsure(former: Array) -> None:
    somebody = former.sum(axis=0) > 0
    assert_allclose(np.diag(in_common(former, former))[somebody], 1, atol=ROUNDING)


@settings(deadline=None)
@given(responsibilities(), responsibilities())
def test_two_segments_have_as_much_in_common_from_either_side(
    former: Array, present: Array
) -> None:
    assert_allclose(in_common(former, present), in_common(present, former).T, atol=ROUNDING)


@settings(deadline=None)
@given(responsibilities(), responsibilities())
def test_what_is_in_common_is_a_share(former: Array, present: Array) -> None:
    common = in_common(former, present)
    assert common.shape == (former.shape[1], present.shape[1])
    assert (common >= 0).all()
    assert (common <= 1 + ROUNDING).all()


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=1))
def test_of_sure_rows_the_share_is_jaccards_index(rows: list[tuple[int, int]]) -> None:
    before, after = np.array(rows).T
    expected = np.zeros((3, 4))
    for old in range(3):
        for new in range(4):
            either = ((before == old) | (after == new)).sum()
            both = ((before == old) & (after == new)).sum()
            expected[old, new] = both / either if either else 0.0
    assert_allclose(in_common(np.eye(3)[before], np.eye(4)[after]), expected, atol=ROUNDING)


def test_soft_rows_count_by_the_smaller_and_the_larger_probability() -> None:
    former, present = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[0.6, 0.4], [0.5, 0.5]])
    expected = [[0.8 / 1.4, 0.6 / 1.4], [0.6 / 1.4, 0.6 / 1.2]]
    assert_allclose(in_common(former, present), expected)


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 5), st.data())
def test_an_id_goes_with_its_component_whatever_the_order(
    seed: int, former_count: int, present_count: int, data: st.DataObject
) -> None:
    former, present = fits(seed, former_count, present_count)
    former_ids, greatest = tuple(range(20, 20 + former_count)), 40
    order = data.draw(st.permutations(range(present_count)))
    ids, retired = ids_of(former, present, former_ids, greatest)
    others, others_retired = ids_of(former, present[:, order], former_ids, greatest)
    # New ids are numbered in the order of the components; which of them are new does not change.
    in_order = [ids[place] for place in order]
    assert [one if one <= greatest else None for one in others] == [
        one if one <= greatest else None for one in in_order
    ]
    assert sorted(others) == sorted(ids)
    assert others_retired == retired


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.data())
def test_a_mixture_in_another_order_keeps_every_id(
    seed: int, count: int, data: st.DataObject
) -> None:
    former, _ = fits(seed, count, count)
    order = data.draw(st.permutations(range(count)))
    ids, retired = ids_of(former, former[:, order], tuple(range(5, 5 + count)), 9)
    assert ids == tuple(5 + place for place in order)
    assert retired == []


@settings(deadline=None)
@given(
    matrices(),
    st.lists(st.integers(1, 99), min_size=4, max_size=4, unique=True),
    st.integers(0, 50),
)
def test_ids_are_inherited_once_or_new_and_nobodys_before(
    common: NDArray[np.float64], somebodys: list[int], above: int
) -> None:
    former_ids = somebodys[: len(common)]
    greatest = max(somebodys) + above
    ids, retired = inherited_ids(common, former_ids, greatest)
    new = [one for one in ids if one not in former_ids]
    assert len(set(ids)) == len(ids) == common.shape[1]
    assert new == list(range(greatest + 1, greatest + 1 + len(new)))
    assert retired == sorted(set(former_ids) - set(ids))


@settings(deadline=None)
@given(matrices())
def test_nobody_inherits_from_a_segment_with_little_in_common(common: NDArray[np.float64]) -> None:
    ids, _ = inherited_ids(common, range(len(common)), 99)
    for new, one in enumerate(ids):
        assert one > 99 or common[one, new] >= LEAST_IN_COMMON


@settings(deadline=None)
@given(matrices())
def test_no_other_pairs_have_more_in_common_in_all(common: NDArray[np.float64]) -> None:
    ids, _ = inherited_ids(common, range(len(common)), 99)
    worth = np.where(common >= LEAST_IN_COMMON, common, 0.0)
    paired = sum(worth[one, new] for new, one in enumerate(ids) if one <= 99)
    rows, columns = worth.shape
    pairs = min(rows, columns)
    best = max(
        worth[list(old), list(new)].sum()
        for old in combinations(range(rows), pairs)
        for new in permutations(range(columns), pairs)
    )
    assert paired == pytest.approx(best)


@pytest.mark.parametrize(("sizes", "ids"), [((60, 40, 50), (4, 10, 6)), ((40, 60, 50), (10, 4, 6))])
def test_of_a_split_the_larger_part_keeps_the_id(
    sizes: tuple[int, int, int], ids: tuple[int, int, int]
) -> None:
    assert ids_of(hard(100, 50), hard(*sizes), (4, 6), 9) == (ids, [])


@pytest.mark.parametrize(("sizes", "kept", "lost"), [((60, 40, 50), 1, 2), ((40, 60, 50), 2, 1)])
def test_a_merged_segment_keeps_the_id_of_the_larger_part(
    sizes: tuple[int, int, int], kept: int, lost: int
) -> None:
    assert ids_of(hard(*sizes), hard(100, 50), (1, 2, 3), 3) == ((kept, 3), [lost])


def test_a_segment_in_many_small_parts_is_nobodys() -> None:
    ids, retired = ids_of(hard(90, 10), hard(23, 23, 22, 22, 10), (1, 2), 5)
    assert ids == (6, 7, 8, 9, 2)
    assert retired == [1]


def test_segments_that_share_a_third_of_their_rows_are_all_new() -> None:
    former = hard(30, 30, 30)
    present = np.tile(np.eye(3), (30, 1))
    assert ids_of(former, present, (1, 2, 3), 3) == ((4, 5, 6), [1, 2, 3])


def test_half_of_the_rows_of_two_equal_segments_are_enough() -> None:
    former, present = hard(30, 60), hard(15, 30, 45)
    assert in_common(former, present)[0, 1] == pytest.approx(LEAST_IN_COMMON)
    assert inherited_ids(np.array([[LEAST_IN_COMMON]]), [7], 7) == ((7,), [])
    assert inherited_ids(np.array([[LEAST_IN_COMMON - 1e-9]]), [7], 7) == ((8,), [7])


def test_the_id_of_an_empty_segment_is_not_inherited() -> None:
    former = np.column_stack([hard(10, 10), np.zeros(20)])
    ids, retired = ids_of(former, former, (1, 2, 3), 3)
    assert ids == (1, 2, 4)
    assert retired == [3]
