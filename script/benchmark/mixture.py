"""A mixture's parameters, as contenders start from them and end at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture

Array = NDArray[np.float64]
CovarianceType = Literal["full", "diag"]


@dataclass(frozen=True)
class Mixture:
    """K Gaussians in d dimensions: weights (K,), means (K, d), covariances (K, d, d) or (K, d).

    Of diagonal covariances only the diagonals are kept, as scikit-learn does.
    """

    weights: Array
    means: Array
    covariances: Array

    @property
    def covariance_type(self) -> CovarianceType:
        """What the shape of the covariances says."""
        return "full" if self.covariances.ndim == 3 else "diag"

    @property
    def precisions(self) -> Array:
        """The inverse covariances, in the same shape."""
        if self.covariance_type == "full":
            return np.linalg.inv(self.covariances)
        return 1 / self.covariances

    def log_likelihood(self, rows: Array) -> float:
        """Of a row, in nats, on average over the rows (n, d); by scikit-learn for everybody."""
        model = GaussianMixture(len(self.weights), covariance_type=self.covariance_type)
        model.weights_, model.means_, model.covariances_ = (
            self.weights,
            self.means,
            self.covariances,
        )
        full = self.covariance_type == "full"
        model.precisions_cholesky_ = (np.linalg.cholesky if full else np.sqrt)(self.precisions)
        return float(model.score(rows))

    def difference(self, other: Mixture, deviations: Array) -> float:
        """The greatest difference of any parameter, in units of the features' deviations (d,).

        Weights differ as they are, means by deviation, covariances by product of two deviations.
        """
        full = self.covariance_type == "full"
        scale = np.outer(deviations, deviations) if full else deviations**2
        return max(
            float(np.abs(self.weights - other.weights).max()),
            float(np.abs((self.means - other.means) / deviations).max()),
            float(np.abs((self.covariances - other.covariances) / scale).max()),
        )

    def to_json(self) -> dict[str, list[object]]:
        """Lists, which keep every bit."""
        return {name: getattr(self, name).tolist() for name in self.__annotations__}

    @classmethod
    def from_json(cls, lists: dict[str, list[object]]) -> Mixture:
        """What to_json wrote."""
        return cls(**{name: np.array(values, dtype=np.float64) for name, values in lists.items()})
