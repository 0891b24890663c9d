"""What one pass of a model over the rows finds: sums, so that their number does not matter."""

from __future__ import annotations

from dataclasses import dataclass
from operator import add
from typing import Self

import numpy as np
from numpy.typing import NDArray

from include.gmm.mixture.parameters import Array
from include.gmm.model import Applied
from include.gmm.snapshot.rows import Batch
from include.gmm.summary import HISTOGRAM_BINS
from include.gmm.sums import Moments

UNSURE = 0.6  # a row whose largest responsibility is lower belongs nowhere clearly


@dataclass(frozen=True)
class Tally:
    """Sums over rows, for K components, d features and p columns of the profile.

    assigned (K,) counts rows by their most probable component, confusion (K, K) has the sums of
    their responsibilities, and histogram (K, bins) counts them by the largest one. weighted and
    weights (K, d + p) are the sums of responsibilities with and without the columns' values.
    log_densities and counts (2,) are of the rows that were fitted and of those held out.
    """

    columns: Moments
    assigned: NDArray[np.int64]
    confusion: Array
    histogram: NDArray[np.int64]
    weighted: Array
    weights: Array
    log_densities: Array
    counts: NDArray[np.int64]
    largest: float
    unsure: int
    least_log_density: float

    @classmethod
    def of(cls, batch: Batch, applied: Applied, held_out: NDArray[np.bool_]) -> Self:
        """That of the rows of a batch, of which some are held out (m,)."""
        responsibilities, largest = applied.responsibilities, applied.largest
        n_components = len(responsibilities)
        columns = np.hstack([batch.values, batch.profile])
        known = ~np.isnan(columns)
        of_component = np.equal.outer(np.arange(n_components), applied.most_probable)
        bins = np.minimum(largest * HISTOGRAM_BINS, HISTOGRAM_BINS - 1).astype(np.int64)
        cells = applied.most_probable * np.int64(HISTOGRAM_BINS) + bins
        counted = np.bincount(cells, minlength=n_components * HISTOGRAM_BINS)
        sides = held_out.astype(np.int64)
        return cls(
            columns=Moments.of(columns),
            assigned=of_component.sum(axis=1),
            confusion=of_component.astype(np.float64) @ responsibilities.T,
            histogram=counted.reshape(n_components, HISTOGRAM_BINS),
            weighted=responsibilities @ np.where(known, columns, 0.0),
            weights=responsibilities @ known.astype(np.float64),
            log_densities=np.bincount(sides, applied.log_densities, minlength=2),
            counts=np.bincount(sides, minlength=2),
            largest=float(largest.sum()),
            unsure=int((largest < UNSURE).sum()),
            least_log_density=float(applied.log_densities.min(initial=np.inf)),
        )

    def __add__(self, other: Tally) -> Tally:
        joined = {
            name: (min if name == "least_log_density" else add)(value, getattr(other, name))
            for name, value in vars(self).items()
        }
        return Tally(**joined)

    @property
    def shares(self) -> Array:
        """Share (K,) of the rows that each component is the most probable one of."""
        return self.assigned / self.counts.sum()

    @property
    def means(self) -> Array:
        """Mean (K, d + p) of each column, rows weighted by their responsibilities.

        NaN where no row with a value has any.
        """
        nothing = np.full_like(self.weighted, np.nan)
        means: Array = np.divide(self.weighted, self.weights, out=nothing, where=self.weights > 0)
        return means
