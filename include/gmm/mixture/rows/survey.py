"""What has to be known of the rows before EM: how many, around where, and how spread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.source import Chunk, Source
from include.gmm.mixture.workers import Workers


@dataclass(frozen=True)
class Survey:
    """Moments of the rows of positive weight.

    rows: how many; total: the sum of their weights; mean (d,), covariance (d, d).
    """

    rows: int
    total: float
    mean: Array
    covariance: Array
    names: list[str] | None

    @cached_property
    def constant(self) -> NDArray[np.bool_]:
        """Which columns (d,) have one value only, up to the rounding of floats."""
        return np.diagonal(self.covariance) <= (4e-16 * self.mean) ** 2

    @cached_property
    def scale(self) -> Array:
        """Standard deviations (d,), 1 where a column is constant."""
        return np.sqrt(np.where(self.constant, 1.0, np.diagonal(self.covariance)))

    @property
    def unbiased_covariance(self) -> Array:
        """(d, d), with one row less in the denominator."""
        unbiased: Array = self.covariance * self.total / max(self.total - 1, 1)
        return unbiased


def survey(source: Source, workers: Workers) -> Survey:
    """One pass over all rows. Raises InputError when there are none, or none of positive weight."""
    first = next(source.chunks(), None)
    if first is None:
        raise InputError("there are no rows")
    near = first.rows.mean(axis=0)  # squares of values far from 0 would cancel

    def moments(chunk: Chunk) -> tuple[int, float, Array, Array]:
        rows = chunk.rows - near
        weights = chunk.sample_weight
        if weights is None:
            return len(rows), float(len(rows)), rows.sum(axis=0), rows.T @ rows
        weighted = rows * weights[:, None]
        return (
            int((weights > 0).sum()),
            float(weights.sum()),
            weighted.sum(axis=0),
            weighted.T @ rows,
        )

    count, total = 0, 0.0
    sums, squares = np.zeros(len(near)), np.zeros((len(near), len(near)))
    for part in workers.over(moments, source.chunks()):
        count, total = count + part[0], total + part[1]
        sums += part[2]
        squares += part[3]
    if not total > 0:
        raise InputError("sample_weight: every weight is zero, so there are no rows to fit")
    shift = sums / total
    return Survey(
        count, total, near + shift, squares / total - np.outer(shift, shift), source.names
    )
