"""Anderson acceleration of EM: from the last few steps, guess where they lead.

EM is the fixed-point iteration x <- g(x). The next x is the combination of past images g(x_i) whose
residuals g(x_i) - x_i cancel best (Anderson 1965; type II of Fang and Saad 2009). It works in
coordinates without bounds, so that every guess is a mixture: logarithms of the weights, means,
and Cholesky factors of the covariances with logarithms on the diagonal. A guess may be worse than
the step of EM; `climb.py` then takes the step of EM. Where there are several optima, the guesses
may lead to another than EM would reach: on three overlapping groups with four components, to a
higher one in 101 of 160 fits and to a lower one in 7.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dposv

from include.gmm.mixture.parameters import Array, CovarianceType, Parameters

MEMORY = 10  # differences that are combined
RIDGE = 1e-10  # relative: keeps the least squares of nearly parallel differences sound
LEAST_WEIGHT = 1e-26


class Anderson:
    """The memory of one mixture's climb: how the last few residuals and images differed."""

    def __init__(self, covariance_type: CovarianceType, scale: Array) -> None:
        self.coordinates = Coordinates(covariance_type, scale)
        self._last: tuple[Array, Array] | None = None  # residual and image
        self._residuals: list[Array] = []
        self._images: list[Array] = []

    def forget(self) -> None:
        """Start anew: past steps have led astray."""
        self._last = None
        self._residuals.clear()
        self._images.clear()

    def guess(self, point: Array, image: Array) -> Array | None:
        """Where to go from a point whose step of EM is `image`; None at first. All (P,)."""
        residual = image - point
        last, self._last = self._last, (residual, image)
        if last is None:
            return None
        self._residuals.append(residual - last[0])
        self._images.append(image - last[1])
        del self._residuals[:-MEMORY], self._images[:-MEMORY]
        differences = np.array(self._residuals)
        gram = differences @ differences.T
        gram.flat[:: len(gram) + 1] += RIDGE * gram.trace() + np.finfo(np.float64).tiny
        _, mix, _ = dposv(gram, differences @ residual)
        guessed: Array = image - mix @ np.array(self._images)
        return guessed


class Coordinates:
    """Mixtures as vectors without bounds, columns in units of `scale` (d,)."""

    def __init__(self, covariance_type: CovarianceType, scale: Array) -> None:
        self._type = covariance_type
        self._scale = scale
        self._scales = np.outer(scale, scale)
        self._triangle = np.tril_indices(len(scale))
        self._diagonal = self._triangle[0] == self._triangle[1]

    def of(self, stacked: Parameters) -> list[Array]:
        """For each mixture log weights (K), means (K d), and factors as its type leaves free."""
        weights = np.log(np.maximum(stacked.weights, LEAST_WEIGHT))
        means = stacked.means / self._scale
        if stacked.covariances.ndim == 3:
            lower = np.linalg.cholesky(stacked.covariances / self._scales)
            if not np.isfinite(lower).all():
                raise np.linalg.LinAlgError("a covariance is not of numbers")
            factors = lower[:, self._triangle[0], self._triangle[1]]
            factors[:, self._diagonal] = np.log(factors[:, self._diagonal])
        else:
            if not (stacked.covariances > 0).all():
                raise np.linalg.LinAlgError("a variance is not a positive number")
            factors = 0.5 * np.log(stacked.covariances / self._scale**2)
        if self._type == "spherical":
            factors = factors[:, :1]
        ends = np.cumsum(stacked.sizes)
        starts = ends - stacked.sizes
        free = starts + 1 if self._type == "tied" else ends
        return [
            np.concatenate([weights[a:b], means[a:b].ravel(), factors[a:c].ravel()])
            for a, b, c in zip(starts, ends, free, strict=True)
        ]

    def mixture(self, vector: Array, like: Parameters) -> Parameters:
        """The inverse of `of`, for a mixture of the shape of `like`."""
        k, d = like.means.shape
        weights = np.exp(vector[:k] - vector[:k].max())
        means = vector[k : k + k * d].reshape(k, d) * self._scale
        factors = vector[k + k * d :]
        if like.covariances.ndim == 3:
            rows = factors.reshape(-1, len(self._diagonal)).copy()
            rows[:, self._diagonal] = np.exp(rows[:, self._diagonal])
            lower = np.zeros((len(rows), d, d))
            lower[:, self._triangle[0], self._triangle[1]] = rows
            covariances = lower @ lower.transpose(0, 2, 1) * self._scales
        else:
            variances = np.exp(2 * factors.reshape(k, -1))
            if self._type == "spherical":
                covariances = np.repeat(variances * self._scale[0] ** 2, d, axis=1)
            else:
                covariances = variances * self._scale**2
        if len(covariances) < k:
            covariances = np.repeat(covariances, k, axis=0)
        return Parameters(weights / weights.sum(), means, covariances, like.sizes)
