"""Rows from overlapping random Gaussians, and the start that all contenders are given."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from script.benchmark.items import Item
from script.benchmark.mixture import Array, Mixture

SEED = 0
PIECE_ROWS = 2**20  # also the rows of a row group, as pyarrow's default
APART = 3.5  # typical distance of two means, in deviations: components overlap but are distinct


def random_mixture(item: Item) -> Mixture:
    """K Gaussians of different weights, shapes and directions, about as wide as 1."""
    rng = np.random.default_rng(SEED)
    k, d = item.components, item.features
    weights = rng.dirichlet(np.full(k, 10.0))
    means = rng.normal(0, APART / np.sqrt(2 * d), (k, d))
    factors = rng.normal(0, np.sqrt(0.7 / d), (k, d, d))
    covariances = factors @ factors.transpose(0, 2, 1) + 0.3 * np.eye(d)
    if item.covariance_type == "diag":
        covariances = np.diagonal(covariances, axis1=1, axis2=2).copy()
    return Mixture(weights, means, covariances)


def pieces(item: Item) -> Iterator[Array]:
    """The item's rows, at most PIECE_ROWS of them (n, d) at a time."""
    mixture = random_mixture(item)
    full = item.covariance_type == "full"
    roots = np.linalg.cholesky(mixture.covariances) if full else np.sqrt(mixture.covariances)
    rng = np.random.default_rng(SEED + 1)
    for begin in range(0, item.rows, PIECE_ROWS):
        n_rows = min(PIECE_ROWS, item.rows - begin)
        components = rng.choice(item.components, n_rows, p=mixture.weights)
        rows = rng.normal(size=(n_rows, item.features))
        for k, (mean, root) in enumerate(zip(mixture.means, roots, strict=True)):
            mine = components == k
            rows[mine] = mean + (rows[mine] @ root.T if full else rows[mine] * root)
        yield rows


def all_rows(item: Item) -> Array:
    """The item's rows (n, d) at once."""
    rows = np.empty((item.rows, item.features))
    begin = 0
    for piece in pieces(item):
        rows[begin : begin + len(piece)] = piece
        begin += len(piece)
    return rows


def start_of(item: Item, rows: Array) -> Mixture:
    """K random rows as means, equal weights, and the covariance of the rows for every component."""
    rng = np.random.default_rng(SEED + 2)
    k = item.components
    means = rows[rng.choice(len(rows), k, replace=False)]
    covariance = np.cov(rows, rowvar=False, bias=True)
    if item.covariance_type == "diag":
        covariance = np.diag(covariance)
    return Mixture(np.full(k, 1 / k), means, np.repeat(covariance[None], k, axis=0))
