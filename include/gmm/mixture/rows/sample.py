"""A sample of the rows on which starts compete: k-means on all of them would cost more than EM.

Which rows of an array are taken depends on what they hold, not on where they stand: rows in another
order give the same sample, and a row of weight 3 counts as three rows do. To that end equal rows
are merged and then sampled by priority (Duffield, Lund and Thorup 2007, J. ACM 54:32): a row of
weight w with a random number u in (0, 1) has the priority w / u, the rows with the highest are
taken, and each stands for max(w, the highest priority left out). Frequent rows are always among
them. The rows of a stream are too many to merge; there it is the place of a row that decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.source import CHUNK_ROWS, Chunk, InMemory, Source, chunk_of

REPEATED = 0.01  # share of all rows from which on equal rows are worth a word


@dataclass(frozen=True)
class Sample:
    """Distinct rows (m, d), the variance that rounding hides of them, and their weights (m,).

    `repeated`: rows that make up REPEATED or more of all with their share, the most frequent first.
    """

    rows: Array
    cells: Array | None
    weights: Array
    repeated: list[tuple[Array, float]]


def sample_size(n_components: int, n_features: int) -> int:
    """Rows on which starts with K components in d dimensions can be told apart."""
    return max(4_000, 32 * n_components * n_features)


def draw(source: Source, size: int, seed: int) -> Sample:
    """A sample of at most `size` rows of positive weight."""
    if isinstance(source, InMemory):
        drawn = _Drawn.merged(chunk_of(source), hashes(source.rows, seed)).highest(size + 1)
        weights = source.sample_weight
        total = float(len(source.rows) if weights is None else weights.sum())
    else:
        drawn, total, first = _Drawn.nothing(source.n_features), 0.0, 0
        for chunk in source.chunks(8 * CHUNK_ROWS):
            places = np.arange(first, first + len(chunk.rows), dtype=np.float64)
            fresh = _Drawn.of(chunk, hashes(places[:, None], seed))
            drawn = drawn.joined(fresh).highest(size + 1)
            total += float(fresh.weights.sum())
            first += len(chunk.rows)
    sample = drawn.sample(size, total)
    if isinstance(source, InMemory):
        return sample
    chosen = Chunk(sample.rows, sample.cells, sample.weights)
    merged = _Drawn.merged(chosen, hashes(sample.rows, seed))
    return merged.sample(size, float(merged.weights.sum()))


def hashes(rows: Array, seed: int) -> NDArray[np.uint64]:
    """A number in [0, 2^64) for each row (n, d), the same for equal rows (splitmix64)."""
    mixed = np.full(len(rows), seed, np.uint64)
    for column in rows.T:
        mixed += np.uint64(0x9E3779B97F4A7C15)
        mixed ^= (column + 0.0).view(np.uint64)  # + 0.0: -0.0 is 0.0
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed ^= mixed >> np.uint64(shift)
            mixed *= np.uint64(factor)
        mixed ^= mixed >> np.uint64(31)
    return mixed


@dataclass(frozen=True)
class _Drawn:
    """Rows with what decides on them, in the order of their hashes."""

    rows: Array
    cells: Array | None
    weights: Array
    hashes: NDArray[np.uint64]

    @classmethod
    def of(cls, chunk: Chunk, hashed: NDArray[np.uint64]) -> _Drawn:
        """The rows of positive weight."""
        weights = np.ones(len(chunk.rows)) if chunk.sample_weight is None else chunk.sample_weight
        every = cls(chunk.rows, chunk.cells, weights, hashed)
        return every if (weights > 0).all() else every.take(weights > 0)

    @classmethod
    def nothing(cls, n_features: int) -> _Drawn:
        return cls(np.empty((0, n_features)), None, np.empty(0), np.empty(0, np.uint64))

    @classmethod
    def merged(cls, chunk: Chunk, hashed: NDArray[np.uint64]) -> _Drawn:
        """The distinct rows of positive weight, each with the weight of all its copies."""
        every = cls.of(chunk, hashed)
        if not len(every.rows):
            return every
        order = np.argsort(every.hashes, kind="stable")
        first = np.flatnonzero(np.diff(every.hashes[order], prepend=~every.hashes[order[0]]))
        weights = np.add.reduceat(every.weights[order], first)
        distinct = every.take(order[first])
        cells = every.cells
        if cells is not None:
            weighted = (cells * every.weights[:, None])[order]
            cells = np.add.reduceat(weighted, first, axis=0) / weights[:, None]
        return cls(distinct.rows, cells, weights, distinct.hashes)

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> _Drawn:
        cells = None if self.cells is None else self.cells[which]
        return _Drawn(self.rows[which], cells, self.weights[which], self.hashes[which])

    def joined(self, other: _Drawn) -> _Drawn:
        if not len(self.rows):
            return other
        cells = None
        if self.cells is not None and other.cells is not None:
            cells = np.concatenate([self.cells, other.cells])
        return _Drawn(
            np.concatenate([self.rows, other.rows]),
            cells,
            np.concatenate([self.weights, other.weights]),
            np.concatenate([self.hashes, other.hashes]),
        )

    @property
    def priorities(self) -> Array:
        return self.weights / ((self.hashes + 0.5) / 2.0**64)

    def highest(self, size: int) -> _Drawn:
        """The rows with the `size` highest priorities, still in the order of their hashes."""
        if len(self.rows) <= size:
            return self
        order = np.argpartition(-self.priorities, size)[:size]
        return self.take(order[np.argsort(self.hashes[order])])

    def sample(self, size: int, total: float) -> Sample:
        """The `size` highest, the weights of the others on them."""
        often = np.argsort(-self.weights, kind="stable")[:3]
        repeated = [
            (self.rows[at], float(self.weights[at] / total))
            for at in often
            if self.weights[at] > 1 and self.weights[at] >= REPEATED * total
        ]
        chosen, weights = self, self.weights
        if len(self.rows) > size:
            chosen = self.highest(size)
            left_out = float(np.sort(self.priorities)[-size - 1])
            weights = np.maximum(chosen.weights, left_out)
        return Sample(np.ascontiguousarray(chosen.rows), chosen.cells, weights, repeated)
