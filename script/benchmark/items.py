"""The fits that are measured: how many rows, features and components, and which covariances."""

from __future__ import annotations

from dataclasses import dataclass, replace

from script.benchmark.mixture import CovarianceType

ITERATIONS = 20
SAMPLE_ROWS = 32_000  # what peers warm up on; enough for a few iterations of every item


@dataclass(frozen=True)
class Item:
    """ITERATIONS steps of EM for `components` Gaussians on `rows` rows of `features` numbers."""

    rows: int
    features: int
    components: int
    covariance_type: CovarianceType

    def scaled(self, scale: float) -> Item:
        """The same with `scale` times the rows, but enough for every component's covariance.

        Most rows go to a few components at first, the more so the more features there are.
        """
        least = 60 * self.components * self.features
        return replace(self, rows=max(round(self.rows * scale), least))

    @property
    def megabytes(self) -> float:
        """Of the rows, as float64."""
        return self.rows * self.features * 8 / 1e6

    def __str__(self) -> str:
        return f"{self.rows:,} x {self.features}, K {self.components}, {self.covariance_type}"


ITEMS = {
    "a": Item(1_000_000, 8, 8, "full"),
    "b": Item(100_000, 32, 16, "full"),
    "c": Item(5_000_000, 4, 5, "full"),
    "d": Item(1_000_000, 16, 10, "diag"),
}
PREDICTED = "ac"  # the items on which predict_proba is measured as well
TABLE = Item(100_000, 8, 5, "full")  # the rows of the selection table come from 5 Gaussians
PARQUET = Item(20_000_000, 8, 8, "full")
