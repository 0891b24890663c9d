"""Which segment of a new version is which segment of the champion.

Components come out of every fit in another order, at other places and in other numbers. What people
mean by a segment are its rows: a component that has most of them in common goes on with its id.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from include.gmm.mixture.parameters import Array

# Two segments of the same size with half of their rows in common have a third of all of theirs.
LEAST_IN_COMMON = 1 / 3


def in_common(former: Array, present: Array) -> Array:
    """Share (K, L) of their rows that a former and a present segment have in common.

    From the responsibilities (n, K) and (n, L) of both mixtures for the same rows: the sum over the
    rows of the smaller one divided by the sum of the larger one (Ruzicka 1958; Jaccard's index
    where every responsibility is 0 or 1). A segment that is not empty has 1 in common with itself,
    however unsure its rows are.
    """
    smaller = np.array(
        [[np.minimum(one, other).sum() for other in present.T] for one in former.T]
    ).reshape(former.shape[1], present.shape[1])
    larger = former.sum(axis=0)[:, None] + present.sum(axis=0) - smaller
    shares: Array = np.divide(smaller, larger, out=np.zeros_like(smaller), where=larger > 0)
    return shares


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
