"""The two matrix products that EM for a Gaussian mixture consists of, in NumPy.

A row x is expanded once to phi(x), which lists what a Gaussian log-density is linear in:
its squares (and, where covariances have off-diagonal terms, its cross products), x itself and 1.
With one weight vector per component,

    log(w_k N(x | mu_k, Sigma_k)) = W_k . phi(x)          (E-step: one product)
    sufficient statistics         = responsibilities^T phi (M-step: one product)

A value that was rounded before we saw it is known up to its rounding cell only. For a uniform
cell of width h, E[x^2] = x^2 + h^2/12 (Sheppard's correction), so the cell's variance is added to
the squares and nothing else changes. The likelihood is then a lower bound of the likelihood of the
unrounded value (Jensen), and no component can become narrower than the rounding.

Everything is taken about the centre of the data: squares of values far from 0 would cancel. Where
a component is so narrow, or lies so far out, that they still would, it is taken about its own mean.

This file is the definition; `compiled.py` computes the same faster and is held to it by tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from include.gmm.mixture.parameters import Array, Parameters, precision_factors, upper_triangle
from include.gmm.mixture.rows.source import BLOCK_ROWS, beyond_floats

# (sum_i |P_ii|^1/2 (|mu_i| + 2 sd_i))^2 bounds how much larger the terms of W . phi are than their
# sum: beyond this a component loses more than the last six of sixteen digits about a common centre.
CANCELLATION = 1e6


@dataclass(frozen=True)
class LogDensity:
    """M components, of one mixture or several, in the form in which a pass over the rows uses them.

    matrix (M, D) is W about centres (M, d), where the statistics are collected too: `centre` (d,)
    for most. `own` (q,) are the components taken about their own means: own_means (q, d),
    own_factors (q, d, d) or (q, d), own_constants (q,). offsets (G + 1,) delimit the mixtures.
    """

    matrix: Array
    centre: Array
    centres: Array
    own: NDArray[np.int64]
    own_means: Array
    own_factors: Array
    own_constants: Array
    offsets: NDArray[np.int64]
    cross_products: bool


def expanded_width(n_features: int, *, cross_products: bool) -> int:
    """D: d(d+1)/2 + d + 1 with cross products, otherwise 2d + 1."""
    squares = n_features * (n_features + 1) // 2 if cross_products else n_features
    return squares + n_features + 1


def expand(rows: Array, cells: Array | None, *, cross_products: bool) -> Array:
    """phi of every row: (n, d) -> (n, D). `cells` (n, d): variance that rounding hides.

    The products x_i x_j for i <= j in the order of the upper triangle, then x, then 1.
    """
    if cross_products:
        first, second = upper_triangle(rows.shape[1])
        products = rows[:, first] * rows[:, second]
        if cells is not None:
            products[:, first == second] += cells
    else:
        products = rows**2 if cells is None else rows**2 + cells
    return np.hstack([products, rows, np.ones((len(rows), 1))])


@beyond_floats()
def log_density(
    parameters: Parameters, centre: Array, cell_variance: Array | None = None
) -> LogDensity:
    """W and its companions. `cell_variance` (d,) is that of cells which are alike in all rows.

    Raises numpy.linalg.LinAlgError when a covariance is not positive definite.
    """
    factors = precision_factors(parameters.covariances)
    cross = factors.ndim == 3
    shifted = parameters.means - centre
    if cross:
        precisions = factors @ factors.transpose(0, 2, 1)
        diagonal = np.diagonal(precisions, axis1=1, axis2=2)
        deviations = np.sqrt(np.diagonal(parameters.covariances, axis1=1, axis2=2))
        linear = np.einsum("kij,kj->ki", precisions, shifted)
        first, second = upper_triangle(shifted.shape[1])
        squares = np.where(first == second, -0.5, -1.0) * precisions[:, first, second]
        log_determinants = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
    else:
        diagonal = factors**2
        deviations = np.sqrt(parameters.covariances)
        linear = diagonal * shifted
        squares = -0.5 * diagonal
        log_determinants = np.log(factors).sum(axis=1)
    with np.errstate(divide="ignore"):  # a component without weight has log-density -inf
        constants = np.log(parameters.weights) + log_determinants
    constants -= 0.5 * shifted.shape[1] * np.log(2 * np.pi)
    if cell_variance is not None:
        constants -= 0.5 * diagonal @ cell_variance
    about_centre = constants - 0.5 * np.einsum("ki,ki->k", linear, shifted)
    matrix = np.hstack([squares, linear, about_centre[:, None]])
    size = (np.sqrt(diagonal) * (np.abs(shifted) + 2 * deviations)).sum(axis=1) ** 2
    own = np.flatnonzero(size > CANCELLATION)
    matrix[own, -1 - shifted.shape[1] : -1] = 0
    matrix[own, -1] = constants[own]
    centres = np.broadcast_to(centre, shifted.shape).copy()
    centres[own] = parameters.means[own]
    return LogDensity(
        matrix=matrix,
        centre=centre,
        centres=centres,
        own=own.astype(np.int64),
        own_means=centres[own],
        own_factors=factors[own],
        own_constants=constants[own],
        offsets=parameters.offsets,
        cross_products=cross,
    )


def prepare(density: LogDensity) -> LogDensity:
    """What `accumulate` and `memberships` of this kernel take."""
    return density


@beyond_floats()
def accumulate(
    rows: Array, cells: Array | None, sample_weight: Array | None, density: LogDensity
) -> tuple[Array, Array]:
    """E-step of all mixtures over a chunk: log-likelihoods (G,) and statistics (M, D).

    rows (n, d), cells (n, d), sample_weight (n,). The statistics of component k are
    sum_i sample_weight_i r_ik phi(x_i - centres_k).
    """
    log_likelihoods = np.zeros(len(density.offsets) - 1)
    statistics = np.zeros_like(density.matrix)
    cross = density.cross_products
    for start in range(0, len(rows), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        cell = None if cells is None else cells[block]
        phi = expand(rows[block] - density.centre, cell, cross_products=cross)
        joint, totals = _log_joint(rows[block], cell, phi, density)
        weight = 1.0 if sample_weight is None else sample_weight[block]
        for mixture, total in enumerate(totals):
            log_likelihoods[mixture] += float(np.sum(weight * total))
            part = slice(*density.offsets[mixture : mixture + 2])
            joint[part] = np.exp(joint[part] - total) * weight
        collected = joint @ phi
        for place, mean in zip(density.own, density.own_means, strict=True):
            collected[place] = joint[place] @ expand(rows[block] - mean, cell, cross_products=cross)
        statistics += collected
    return log_likelihoods, statistics


@beyond_floats()
def memberships(
    rows: Array, density: LogDensity, responsibilities: Array, log_densities: Array
) -> None:
    """Fill in responsibilities (n, K) and log-densities (n,) of rows (n, d) under one mixture."""
    for start in range(0, len(rows), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        phi = expand(rows[block] - density.centre, None, cross_products=density.cross_products)
        joint, totals = _log_joint(rows[block], None, phi, density)
        responsibilities[block] = np.exp(joint - totals).T
        log_densities[block] = totals[0]


def _log_joint(
    rows: Array, cells: Array | None, phi: Array, density: LogDensity
) -> tuple[Array, Array]:
    """log(w_k N(x | k)) (M, n), and its log-sum-exp in each mixture (G, n)."""
    joint = density.matrix @ phi.T
    for at, place in enumerate(density.own):
        factor = density.own_factors[at]
        away = rows - density.own_means[at]
        scores = away @ factor if factor.ndim == 2 else away * factor
        joint[place] = density.own_constants[at] - 0.5 * (scores**2).sum(axis=1)
        if cells is not None:
            precision = (factor**2).sum(axis=1) if factor.ndim == 2 else factor**2
            joint[place] -= 0.5 * cells @ precision
    peaks = np.maximum.reduceat(joint, density.offsets[:-1], axis=0)
    sizes = np.diff(density.offsets)
    shifted = np.exp(joint - np.repeat(peaks, sizes, axis=0))
    return joint, peaks + np.log(np.add.reduceat(shifted, density.offsets[:-1], axis=0))
