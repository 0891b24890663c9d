"""What has to be known of the rows before EM: how many, around where, and how spread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.source import Chunk, Source, beyond_floats, column_name
from include.gmm.mixture.workers import Workers


@dataclass(frozen=True)
class Survey:
    """Moments of the rows of positive weight.

    rows: how many; total: the sum of their weights; mean (d,), covariance (d, d),
    least and greatest value of each column (d,).
    """

    rows: int
    total: float
    mean: Array
    covariance: Array
    least: Array
    greatest: Array
    names: list[str] | None

    @cached_property
    def constant(self) -> NDArray[np.bool_]:
        """Which columns (d,) have one value only."""
        constant: NDArray[np.bool_] = self.least == self.greatest
        return constant

    @cached_property
    def scale(self) -> Array:
        """Standard deviations (d,), 1 where a column is constant or as good as that."""
        variances = np.diagonal(self.covariance)
        flat = variances <= (4e-16 * self.mean) ** 2
        return np.sqrt(np.where(flat | self.constant, 1.0, variances))

    @property
    def unbiased_covariance(self) -> Array:
        """(d, d), with one row less in the denominator."""
        unbiased: Array = self.covariance * self.total / max(self.total - 1, 1)
        return unbiased


def survey(source: Source, workers: Workers) -> Survey:
    """One pass over all rows.

    Raises InputError when there are none, or none of positive weight, or when the squares of a
    column, which is named, are beyond what floats hold.
    """
    some = next((rows for rows, _ in map(_weighing, source.chunks()) if len(rows)), None)
    if some is None:
        empty = next(source.chunks(), None) is None
        zero = "sample_weight: every weight is zero, so there are no rows to fit"
        raise InputError("there are no rows" if empty else zero)
    with beyond_floats():
        near = some.mean(axis=0)  # squares of values far from 0 would cancel

    @beyond_floats()
    def moments(chunk: Chunk) -> tuple[int, float, Array, Array, Array, Array]:
        rows, weights = _weighing(chunk)
        if not len(rows):
            nothing = np.zeros(len(near))
            return 0, 0.0, nothing, np.outer(nothing, nothing), near, near
        ends = rows.min(axis=0), rows.max(axis=0)
        rows = rows - near
        weighted = rows if weights is None else rows * weights[:, None]
        total = float(len(rows) if weights is None else weights.sum())
        return len(rows), total, weighted.sum(axis=0), weighted.T @ rows, *ends

    count, total = 0, 0.0
    sums, squares = np.zeros(len(near)), np.zeros((len(near), len(near)))
    least, greatest = some[0], some[0]
    with beyond_floats():
        for part in workers.over(moments, source.chunks()):
            count, total = count + part[0], total + part[1]
            sums += part[2]
            squares += part[3]
            if part[0]:
                least, greatest = np.minimum(least, part[4]), np.maximum(greatest, part[5])
        shift = sums / total
        covariance = squares / total - np.outer(shift, shift)
    _refuse_beyond_floats(np.diagonal(covariance), least, greatest, source.names)
    return Survey(count, total, near + shift, covariance, least, greatest, source.names)


@beyond_floats()
def _refuse_beyond_floats(
    variances: Array, least: Array, greatest: Array, names: list[str] | None
) -> None:
    tiny = (greatest - least < 1e-140) & (variances < 1e-300) & (least != greatest)
    huge = ~np.isfinite(variances) | (variances > 1e304)
    for wrong, size in ((huge, "large"), (tiny, "small")):
        if wrong.any():
            columns = ", ".join(column_name(names, at) for at in np.flatnonzero(wrong))
            raise InputError(
                f"column {columns}: the values are too {size} to be squared; correct them, or "
                "give the column another unit"
            )


def _weighing(chunk: Chunk) -> tuple[Array, Array | None]:
    """The rows of positive weight, and their weights where there are any."""
    weights = chunk.sample_weight
    if weights is None or (weights > 0).all():
        return chunk.rows, weights
    return chunk.rows[weights > 0], weights[weights > 0]
