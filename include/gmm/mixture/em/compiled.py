"""The kernel of `kernel.py`, compiled: the same numbers, several times as fast.

Rows of a block lie side by side (phi is D x rows), so loops run along contiguous numbers. The two
matrix products are BLAS's, in tiles. exp and log are polynomials: the C library's do not vectorise.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic

from include.gmm.mixture.em import processor
from include.gmm.mixture.em.kernel import expanded_width
from include.gmm.mixture.em.tiles import TiledDensity, prepare
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.source import BLOCK_ROWS

__all__ = ["accumulate", "memberships", "prepare"]  # as a kernel has them

processor.aim()
FAST = {"contract", "nsz"}  # no reassociation: the rounding in _exp would be optimised away
# log 2 in two parts (the first has trailing zeros, so its multiples are exact).
LOG2_HIGH, LOG2_LOW = 0.6931471803691238, 1.9082149292705877e-10
ROUNDING = 1.5 * 2.0**52  # adding it leaves the nearest integer in the low bits
SMALLEST = -708.0  # exp of less is not a normal number: it counts as nothing beside 1
# Taylor's series: exp to degree 11 on |r| <= log(2) / 2, log m = 2 atanh s.
E2, E3, E4, E5, E6, E7, E8, E9, E10, E11 = (1 / math.factorial(n) for n in range(2, 12))
A3, A5, A7, A9, A11, A13, A15, A17, A19, A21 = (1 / n for n in range(3, 22, 2))


def _cast(signature):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return signature, generate


@intrinsic
def _bits(_context, _number):
    """The 64 bits of a float as an integer."""
    return _cast(types.int64(types.float64))


@intrinsic
def _float(_context, _bits):
    """The float with these 64 bits."""
    return _cast(types.float64(types.int64))


@numba.njit(fastmath=FAST, inline="always")
def _exp(x):
    """exp for SMALLEST <= x <= 0, within 1e-14: 2^n exp(r)."""
    rounded = x * 1.4426950408889634 + ROUNDING
    n = rounded - ROUNDING
    r = (x - n * LOG2_HIGH) - n * LOG2_LOW
    p = (((E11 * r + E10) * r + E9) * r + E8) * r + E7
    p = (((p * r + E6) * r + E5) * r + E4) * r + E3
    p = ((p * r + E2) * r + 1.0) * r + 1.0
    return p * _float((_bits(rounded) + 1023) << 52)


@numba.njit(fastmath=FAST, inline="always")
def _log(x):
    """log for normal x > 0: of 2^e m, with sqrt(1/2) < m < sqrt(2)."""
    bits = _bits(x)
    exponent = float((bits >> 52) - 1023)
    m = _float((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000)
    upper = m > 1.4142135623730951
    m = 0.5 * m if upper else m
    exponent = exponent + 1.0 if upper else exponent
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = (((A21 * z + A19) * z + A17) * z + A15) * z + A13
    p = (((p * z + A11) * z + A9) * z + A7) * z + A5
    p = (p * z + A3) * z + 1.0
    return exponent * 0.6931471805599453 + 2.0 * s * p


@numba.njit(nogil=True, fastmath=FAST, cache=True)
def _expand(rows, cells, first, n, centre, cross, phi):
    """phi (D, B) of n rows from `first` on; beyond them phi is that of the centre."""
    d = rows.shape[1]
    width, block = phi.shape
    x = phi[width - 1 - d : width - 1]
    for i in range(n):
        for j in range(d):
            x[j, i] = rows[first + i, j] - centre[j]
    x[:, n:] = 0.0
    place = 0
    for a in range(d):
        left = x[a]
        squares = phi[place]
        for b in range(a, d if cross else a + 1):
            right, product = x[b], phi[place]
            for i in range(block):
                product[i] = left[i] * right[i]
            place += 1
        if len(cells) > 0:
            for i in range(n):
                squares[i] += cells[first + i, a]
    phi[width - 1] = 1.0


@numba.njit(nogil=True, fastmath=FAST, cache=True)
def _own_log_joint(rows, cells, first, n, mean, factor, constant, cross, joint):
    """log(w N(x | k)) of one component about its own mean: no squares that cancel."""
    d = rows.shape[1]
    for i in range(n):
        distance = 0.0
        for j in range(d):
            score, precision = 0.0, 0.0
            if cross:
                for a in range(j + 1):
                    score += (rows[first + i, a] - mean[a]) * factor[a, j]
                for a in range(j, d):
                    precision += factor[j, a] * factor[j, a]
            else:
                score = (rows[first + i, j] - mean[j]) * factor[j, 0]
                precision = factor[j, 0] * factor[j, 0]
            distance += score * score
            if len(cells) > 0:
                distance += precision * cells[first + i, j]
        joint[i] = constant - 0.5 * distance


@numba.njit(nogil=True, fastmath=FAST, cache=True)
def _normalise(joint, totals, inverse):
    """joint (K, B) becomes responsibilities; totals (B,) becomes its log-sum-exp."""
    n_components, block = joint.shape
    for i in range(block):
        totals[i] = joint[0, i]
        inverse[i] = 0.0
    for k in range(1, n_components):
        row = joint[k]
        for i in range(block):
            totals[i] = max(totals[i], row[i])
    for k in range(n_components):
        row = joint[k]
        for i in range(block):
            row[i] = _exp(max(row[i] - totals[i], SMALLEST))
            inverse[i] += row[i]
    for i in range(block):
        totals[i] += _log(inverse[i])
        inverse[i] = 1.0 / inverse[i]
    for k in range(n_components):
        row = joint[k]
        for i in range(block):
            row[i] *= inverse[i]


@numba.njit(nogil=True, cache=True)
def _log_joint(rows, cells, first, n, density, phi, part, joint):
    """log(w_k N(x | k)) (M, B) of a block whose phi is given."""
    tiles, _, offsets, own, means, factors, constants, cross = density
    n_tiles, _, width = tiles.shape
    for g in range(len(offsets) - 1):
        mixture = slice(offsets[g], offsets[g + 1])
        np.dot(tiles[0, mixture], phi[:width], joint[mixture])
        for t in range(1, n_tiles):
            np.dot(tiles[t, mixture], phi[t * width : (t + 1) * width], part[mixture])
            joint[mixture] += part[mixture]
    for q in range(len(own)):
        _own_log_joint(
            rows, cells, first, n, means[q], factors[q], constants[q], cross, joint[own[q]]
        )


@numba.njit(nogil=True, cache=True)
def _accumulate(rows, cells, weight, density, log_likelihoods, statistics, own_statistics):
    tiles, centre, offsets, own, own_means, _, _, cross = density
    n_tiles, n_components, width = tiles.shape
    phi = np.zeros((n_tiles * width, BLOCK_ROWS))
    phi_own = np.zeros((own_statistics.shape[1], BLOCK_ROWS))
    expanded = phi[: own_statistics.shape[1]]
    joint, part = np.zeros((n_components, BLOCK_ROWS)), np.empty((n_components, BLOCK_ROWS))
    collected = np.empty((n_components, width))
    totals, inverse, ones = np.empty(BLOCK_ROWS), np.empty(BLOCK_ROWS), np.ones(BLOCK_ROWS)
    for first in range(0, len(rows), BLOCK_ROWS):
        n = min(BLOCK_ROWS, len(rows) - first)
        _expand(rows, cells, first, n, centre, cross, expanded)
        _log_joint(rows, cells, first, n, density, phi, part, joint)
        for g in range(len(offsets) - 1):
            mixture = slice(offsets[g], offsets[g + 1])
            responsibilities = joint[mixture]
            _normalise(responsibilities, totals, inverse)
            responsibilities[:, n:] = 0.0
            if len(weight) > 0:
                totals[:n] *= weight[first : first + n]
                for k in range(len(responsibilities)):
                    responsibilities[k, :n] *= weight[first : first + n]
            log_likelihoods[g] += np.dot(totals[:n], ones[:n])  # several sums at once, a loop one
            for t in range(n_tiles):
                tile = phi[t * width : (t + 1) * width]
                np.dot(responsibilities, tile.T, collected[mixture])
                statistics[t, mixture] += collected[mixture]
        for q in range(len(own)):
            _expand(rows, cells, first, n, own_means[q], cross, phi_own)
            for j in range(len(phi_own)):
                own_statistics[q, j] += np.dot(joint[own[q]], phi_own[j])


@numba.njit(nogil=True, cache=True)
def memberships(rows, density, responsibilities, log_densities):
    """As `kernel.memberships`."""
    tiles, centre, _, _, _, _, _, cross = density
    n_tiles, n_components, width = tiles.shape
    d = rows.shape[1]
    phi = np.zeros((n_tiles * width, BLOCK_ROWS))
    used = (d * (d + 1) // 2 if cross else d) + d + 1
    joint, part = np.zeros((n_components, BLOCK_ROWS)), np.empty((n_components, BLOCK_ROWS))
    totals, inverse = np.empty(BLOCK_ROWS), np.empty(BLOCK_ROWS)
    no_cells = np.empty((0, 0))
    for first in range(0, len(rows), BLOCK_ROWS):
        n = min(BLOCK_ROWS, len(rows) - first)
        _expand(rows, no_cells, first, n, centre, cross, phi[:used])
        _log_joint(rows, no_cells, first, n, density, phi, part, joint)
        _normalise(joint, totals, inverse)
        for i in range(n):
            log_densities[first + i] = totals[i]
            for k in range(n_components):
                responsibilities[first + i, k] = joint[k, i]


def accumulate(
    rows: Array, cells: Array | None, sample_weight: Array | None, density: TiledDensity
) -> tuple[Array, Array]:
    """As `kernel.accumulate`."""
    if not rows.flags.writeable:  # of another type for numba, which would compile once more
        rows = rows.copy()
    tiles, _, offsets, own, _, _, _, cross = density
    log_likelihoods = np.zeros(len(offsets) - 1)
    statistics = np.zeros(tiles.shape)
    width = expanded_width(rows.shape[1], cross_products=cross)
    own_statistics = np.zeros((len(own), width))
    _accumulate(
        rows,
        np.empty((0, 0)) if cells is None else cells,
        np.empty(0) if sample_weight is None else sample_weight,
        density,
        log_likelihoods,
        statistics,
        own_statistics,
    )
    collected = statistics.swapaxes(0, 1).reshape(tiles.shape[1], -1)[:, :width].copy()
    collected[own] = own_statistics
    return log_likelihoods, collected
