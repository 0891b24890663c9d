"""What is added up over batches of rows, in their order, so that the result is always the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from include.gmm.mixture.parameters import Array


@dataclass(frozen=True)
class Moments:
    """How many values there are in each column (d,), their mean and their sum of squares about it.

    Two of them are joined without a loss by cancellation (Chan, Golub and LeVeque 1983, Algorithms
    for computing the sample variance).
    """

    count: Array
    mean: Array
    squares: Array

    @classmethod
    def of(cls, values: Array) -> Self:
        """Those of rows (m, d), NaN left out."""
        known = ~np.isnan(values)
        count = known.sum(axis=0).astype(np.float64)
        mean = values.sum(axis=0, where=known) / np.maximum(count, 1)
        return cls(count, mean, np.square(values - mean).sum(axis=0, where=known))

    def __add__(self, other: Moments) -> Moments:
        count = self.count + other.count
        share = other.count / np.maximum(count, 1)
        apart = other.mean - self.mean
        squares = self.squares + other.squares + np.square(apart) * self.count * share
        return Moments(count, self.mean + apart * share, squares)

    @property
    def standard_deviation(self) -> Array:
        """(d,), 0 where there are no values."""
        deviation: Array = np.sqrt(self.squares / np.maximum(self.count, 1))
        return deviation


def added[T: tuple[object, ...]](parts: Iterable[T]) -> T:
    """The sums of what each batch gives, place by place. Raises ValueError if there are none."""
    total: list[object] | None = None
    for part in parts:
        total = list(part) if total is None else [a + b for a, b in zip(total, part, strict=True)]  # type: ignore[operator]
    if total is None:
        raise ValueError("there are no rows")
    return tuple(total)  # type: ignore[return-value]
