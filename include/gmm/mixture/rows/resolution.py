"""The step in which the values of a column come: 1 for counts, 0.01 for cents, 0 for no step."""

from __future__ import annotations

import numpy as np

from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.source import Source

FINEST_DECIMALS = 6  # values with more decimals than this are read as not rounded


def find_steps(source: Source) -> Array:
    """For every column (d,) the coarsest of 1, 0.1, 0.01, ... that its values are multiples of."""
    decimals = np.zeros(source.n_features, np.int64)
    for chunk in source.chunks():
        for place in np.flatnonzero(decimals <= FINEST_DECIMALS):
            values = chunk.rows[:, place]
            while decimals[place] <= FINEST_DECIMALS and not _rounded(values, decimals[place]):
                decimals[place] += 1
        if (decimals > FINEST_DECIMALS).all():
            break
    return np.array([float(f"1e-{n}") if n <= FINEST_DECIMALS else 0.0 for n in decimals])


def _rounded(values: Array, decimals: int) -> bool:
    close = 1e-12 * float(np.abs(values).max())  # what arithmetic leaves of a decimal
    if close >= 0.1 * 10.0**-decimals:  # so far from 0 that floats cannot tell
        return False
    return bool(np.allclose(values, np.round(values, int(decimals)), rtol=0, atol=close))
