"""The plane in which the segments of a mixture lie furthest apart."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh, null_space
from sklearn.mixture import GaussianMixture

from include.gmm.mixture.layout import spread
from include.gmm.mixture.parameters import Array, has_cross_products

NOTHING_BETWEEN = 1e-9  # variance between segments, relative to within, that is but rounding


def discriminant_axes(model: GaussianMixture, n_axes: int = 2) -> Array:
    """Axes (d, min(d, n_axes)) onto which to project the standardised features, best first.

    Fisher's linear discriminant (1936) for several groups (Rao, The utilization of multiple
    measurements in problems of biological classification, 1948), with the mixture's own
    parameters for those of the groups: axis a has the largest a'Ba / a'Wa, B the covariance
    between the means of the segments and W the mean covariance within them. Every axis has
    variance 1 within segments, no two correlate there, and the largest entry is positive.

    K segments differ along K - 1 axes at most. The rest are the directions, uncorrelated within
    segments with those before, in which all rows together vary most.
    """
    between, within = _covariances(model)
    ratios, vectors = eigh(between, within)
    ratios, vectors = ratios[::-1], vectors[:, ::-1]
    telling = ratios > NOTHING_BETWEEN * max(1.0, ratios[0])
    axes = vectors[:, telling][:, :n_axes]
    while axes.shape[1] < min(len(within), n_axes):
        axes = np.column_stack([axes, _widest_beside(axes, between, within)])
    largest = [np.isclose(np.abs(axis), np.abs(axis).max()).argmax() for axis in axes.T]
    oriented: Array = axes * np.sign(axes[largest, range(axes.shape[1])])
    return oriented


def _covariances(model: GaussianMixture) -> tuple[Array, Array]:
    """Between segments and within them, both (d, d)."""
    weights, means = model.weights_, model.means_
    offsets = means - weights @ means
    spreads = spread(model.covariances_, model.covariance_type, *means.shape)
    if not has_cross_products(model.covariance_type):
        spreads = spreads[:, :, None] * np.eye(means.shape[1])
    return (offsets.T * weights) @ offsets, np.tensordot(weights, spreads, axes=1)


def _widest_beside(axes: Array, between: Array, within: Array) -> Array:
    """The direction (d,) of largest total variance that W finds uncorrelated with the axes."""
    free = null_space((within @ axes).T) if axes.size else np.eye(len(within))
    _, vectors = eigh(free.T @ (between + within) @ free)
    direction = free @ vectors[:, -1]
    scaled: Array = direction / np.sqrt(direction @ within @ direction)
    return scaled
