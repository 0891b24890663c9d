"""A density cut into tiles, so that each matrix product is small.

BLAS then needs no buffers of its own: those it guards with a lock, and threads would wait for each
other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from include.gmm.mixture.em.kernel import LogDensity
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.source import BLOCK_ROWS

Offsets = NDArray[np.int64]

TILE = 64  # columns of phi that one matrix product takes, at most
MOST_PRODUCTS = 900_000  # multiplications of one matrix product, at most, for BLAS to go without
# W in tiles (tiles, M, width) padded with zeros, then of a LogDensity: centre, offsets, own,
# own_means, own_factors (q, d, d) or (q, d, 1), own_constants, cross_products. A plain tuple: numba
# keeps the types of arguments in its cache, and could not read it any more if a class had changed.
TiledDensity = tuple[Array, Array, Offsets, Offsets, Array, Array, Array, bool]


def prepare(density: LogDensity) -> TiledDensity:
    """W in tiles: what `accumulate` and `memberships` of the compiled kernel take."""
    n_components, width = density.matrix.shape
    largest = max(1, min(TILE, MOST_PRODUCTS // (BLOCK_ROWS * int(np.diff(density.offsets).max()))))
    n_tiles = -(-width // largest)
    tile = -(-width // n_tiles)
    padded = np.zeros((n_components, n_tiles * tile))
    padded[:, :width] = density.matrix
    factors = density.own_factors
    return (
        np.ascontiguousarray(padded.reshape(n_components, n_tiles, tile).swapaxes(0, 1)),
        np.ascontiguousarray(density.centre),
        density.offsets,
        density.own,
        np.ascontiguousarray(density.own_means),
        np.ascontiguousarray(factors if factors.ndim == 3 else factors[:, :, None]),
        np.ascontiguousarray(density.own_constants),
        density.cross_products,
    )
