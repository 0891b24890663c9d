"""The parameters of Gaussian mixtures, and how scikit-learn keeps them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
CovarianceType = Literal["full", "tied", "diag", "spherical"]


SMALLEST = 1e-305  # a variance below has a precision beyond what floats hold


def has_cross_products(covariance_type: CovarianceType) -> bool:
    """Whether covariances of this type have off-diagonal terms."""
    return covariance_type in ("full", "tied")


@functools.cache
def upper_triangle(d: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the products x_i x_j, i <= j; kept, as every pass needs them."""
    first, second = np.triu_indices(d)
    return first, second


@dataclass(frozen=True)
class Parameters:
    """One mixture, or several of one covariance type, their components one after another.

    weights (M,), means (M, d), covariances (M, d, d), or variances (M, d) where there are no
    off-diagonal terms; sizes: the number of components of each mixture, M together.
    """

    weights: Array
    means: Array
    covariances: Array
    sizes: tuple[int, ...]

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each mixture begins, and the end: (mixtures + 1,)."""
        return np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int64)

    def split(self) -> list[Parameters]:
        """The mixtures one by one."""
        ends = np.cumsum(self.sizes)
        return [
            Parameters(
                self.weights[end - size : end],
                self.means[end - size : end],
                self.covariances[end - size : end],
                (size,),
            )
            for end, size in zip(ends, self.sizes, strict=True)
        ]

    def take(self, order: NDArray[np.int64] | Sequence[int]) -> Parameters:
        """The same mixture with its components in another order."""
        return Parameters(
            self.weights[order], self.means[order], self.covariances[order], self.sizes
        )


def stack(mixtures: Sequence[Parameters]) -> Parameters:
    """Several mixtures of one covariance type, to be advanced by one pass over the rows."""
    return Parameters(
        np.concatenate([mixture.weights for mixture in mixtures]),
        np.concatenate([mixture.means for mixture in mixtures]),
        np.concatenate([mixture.covariances for mixture in mixtures]),
        tuple(size for mixture in mixtures for size in mixture.sizes),
    )


def degrees_of_freedom(n_components: int, n_features: int, covariance_type: CovarianceType) -> int:
    """Free parameters of a mixture of K Gaussians in d dimensions."""
    triangle = n_features * (n_features + 1) // 2
    covariance = {
        "full": n_components * triangle,
        "tied": triangle,
        "diag": n_components * n_features,
        "spherical": n_components,
    }[covariance_type]
    return covariance + n_components * n_features + n_components - 1


def smallest_eigenvalue(parameters: Parameters, scale: Array) -> float:
    """Variance of the thinnest component along its thinnest axis, columns in units of `scale`."""
    if parameters.covariances.ndim == 2:
        return float((parameters.covariances / scale**2).min())
    return float(np.linalg.eigvalsh(parameters.covariances / np.outer(scale, scale)).min())


def precision_factors(covariances: Array) -> Array:
    """U with precision = U U^T: upper triangles (M, d, d), or 1 / deviations (M, d).

    Raises numpy.linalg.LinAlgError when a covariance is not positive definite.
    """
    cross = covariances.ndim == 3
    variances = np.diagonal(covariances, axis1=1, axis2=2) if cross else covariances
    # LAPACK's Cholesky lets NaN pass.
    if not (np.isfinite(covariances).all() and (variances > SMALLEST).all()):
        raise np.linalg.LinAlgError("a variance is not a positive number")
    deviations = np.sqrt(variances)
    if not cross:
        return 1 / deviations
    # Cholesky after a change of units: columns may differ in scale by many orders of magnitude.
    lower = np.linalg.cholesky(covariances / deviations[:, :, None] / deviations[:, None, :])
    inverse = np.linalg.inv(lower) / deviations[:, None, :]
    return np.ascontiguousarray(inverse.transpose(0, 2, 1))
