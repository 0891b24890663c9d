"""Which segment of a new version is which segment of the champion.

Components come out of every fit in another order, at other places and in other numbers. What people
mean by a segment are its rows: a component that has most of them in common goes on with its id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from include.gmm.mixture.parameters import Array
from include.gmm.model import Applied

# Two segments of the same size with half of their rows in common have a third of all of theirs.
LEAST_IN_COMMON = 1 / 3


@dataclass(frozen=True)
class Overlap:
    """The rows of former (K) and present (L) segments, and those that they have in common.

    Sums over rows: `smaller` (K, L) of the smaller responsibility of each pair, `former` (K) and
    `present` (L) of all; `flow` (K, L) counts rows by their most probable segments.
    """

    smaller: Array
    former: Array
    present: Array
    flow: NDArray[np.int64]

    @classmethod
    def of(cls, former: Applied, present: Applied) -> Self:
        """That of two mixtures which were applied to the same rows."""
        one, other = former.responsibilities, present.responsibilities
        smaller = np.array([[np.minimum(a, b).sum() for b in other] for a in one])
        pairs = former.most_probable.astype(np.int64) * len(other) + present.most_probable
        flow = np.bincount(pairs, minlength=smaller.size).reshape(smaller.shape)
        return cls(smaller, one.sum(axis=1), other.sum(axis=1), flow)

    def __add__(self, other: Overlap) -> Overlap:
        return Overlap(
            self.smaller + other.smaller,
            self.former + other.former,
            self.present + other.present,
            self.flow + other.flow,
        )

    @property
    def in_common(self) -> Array:
        """Share (K, L) of their rows that a former and a present segment have in common.

        The sum over the rows of the smaller responsibility divided by the sum of the larger one
        (Ruzicka 1958; Jaccard's index where every responsibility is 0 or 1). A segment that is not
        empty has 1 in common with itself, however unsure its rows are.
        """
        larger = self.former[:, None] + self.present - self.smaller
        nothing = np.zeros_like(self.smaller)
        shares: Array = np.divide(self.smaller, larger, out=nothing, where=larger > 0)
        return shares

    def kept(self, former_ids: Sequence[int], present_ids: Sequence[int]) -> float:
        """Share of the rows whose most probable segment has the same id in both."""
        same = np.equal.outer(former_ids, present_ids)
        return float(self.flow[same].sum() / self.flow.sum())


def inherited_ids(
    common: Array, former_ids: Sequence[int], greatest_id: int
) -> tuple[tuple[int, ...], list[int]]:
    """The ids (L) of the present components, and the former ids that nobody goes on with.

    Of all ways to pair former and present segments the one with most in common in all (Kuhn 1955,
    The Hungarian method); a pair with less than LEAST_IN_COMMON is none. A component without a
    former segment gets an id above `greatest_id`, the largest ever given.
    """
    worth = np.where(common >= LEAST_IN_COMMON, common, 0.0)
    pairs = zip(*linear_sum_assignment(worth, maximize=True), strict=True)
    inherited = {int(new): former_ids[int(old)] for old, new in pairs if worth[old, new] > 0}
    ids = []
    for component in range(common.shape[1]):
        if component not in inherited:
            greatest_id += 1
        ids.append(inherited.get(component, greatest_id))
    return tuple(ids), sorted(set(former_ids) - set(ids))
