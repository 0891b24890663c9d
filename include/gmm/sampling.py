"""The rows that a summary shows: some of all, and those that are hardest to assign."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from include.gmm.mixture.parameters import Array
from include.gmm.model import Applied
from include.gmm.rounding import significant
from include.gmm.snapshot.rows import Batch
from include.gmm.summary import AMBIGUOUS_ROWS, SAMPLE_ROWS, Row, Sample

SAMPLE_VALUES = 20_000  # rows x features: what keeps a wide table's summary small
# An odd number, which mixes the bits of a hash: the smallest hashes are those of held-out rows.
MIXED = np.uint64(0x9E3779B97F4A7C15)


class Drawn:
    """Rows whose keys have the smallest hashes: neither their order nor other rows matter.

    As a table grows, a row of the sample stays in it or makes room for a new one.
    """

    def __init__(self, n_features: int) -> None:
        self._size = min(SAMPLE_ROWS, SAMPLE_VALUES // n_features)
        self._hashes = np.empty(0, np.uint64)
        self._rows = np.empty((0, n_features + 2))  # the features, component and probability

    def add(self, batch: Batch, applied: Applied) -> None:
        """Take in the rows of a batch."""
        found = np.column_stack([batch.values, applied.most_probable, applied.largest])
        hashes = np.concatenate([self._hashes, batch.hashes * MIXED])
        kept = hashes.argsort(kind="stable")[: self._size]
        self._hashes, self._rows = hashes[kept], np.vstack([self._rows, found])[kept]

    def sample(self, segment_ids: tuple[int, ...]) -> Sample:
        """Those drawn, with the ids of the segments."""
        components = self._rows[:, -2].astype(np.int64)
        return Sample(
            values=significant(self._rows[:, :-2], 5),
            segments=np.array(segment_ids)[components].tolist(),
            probabilities=self._rows[:, -1].round(4).tolist(),
        )


class Ambiguous:
    """The rows whose largest probability is smallest, in order of key where it is the same.

    Rows that belong to one segment for certain are no candidates.
    """

    def __init__(self) -> None:
        self._largest: Array = np.empty(0)
        self.rows: list[Row] = []

    def add(self, batch: Batch, applied: Applied) -> None:
        """Take in the rows of a batch, which come in order of their keys."""
        largest = applied.largest.round(9)  # the last digits are those of rounding errors
        hardest = _smallest(np.where(largest < 1, largest, np.inf))
        self._largest = np.concatenate([self._largest, largest[hardest]])
        self.rows += [
            Row(
                key=str(batch.keys[place]),
                values=batch.values[place].tolist(),
                probabilities=applied.responsibilities[:, place].round(9).tolist(),
            )
            for place in hardest.tolist()
        ]
        kept = _smallest(self._largest)
        self._largest, self.rows = self._largest[kept], [self.rows[at] for at in kept.tolist()]


def _smallest(numbers: Array) -> NDArray[np.intp]:
    """The places of the smallest finite ones, the first of equal ones first."""
    places: NDArray[np.intp] = numbers.argsort(kind="stable")[:AMBIGUOUS_ROWS]
    return places[np.isfinite(numbers[places])]
