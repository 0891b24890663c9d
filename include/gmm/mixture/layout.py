"""Mixtures in the attributes and shapes in which scikit-learn keeps them."""

from __future__ import annotations

import numpy as np
from sklearn.mixture import GaussianMixture

from include.gmm.mixture.parameters import (
    Array,
    CovarianceType,
    Parameters,
    has_cross_products,
    precision_factors,
)


def assign(model: GaussianMixture, mixture: Parameters) -> None:
    """Give a GaussianMixture the fitted parameters of one mixture of its covariance type."""
    kind = model.covariance_type
    factors = precision_factors(mixture.covariances)
    precisions = factors @ factors.transpose(0, 2, 1) if factors.ndim == 3 else factors**2
    model.weights_ = np.ascontiguousarray(mixture.weights)
    model.means_ = np.ascontiguousarray(mixture.means)
    model.covariances_ = _kept(mixture.covariances, kind)
    model.precisions_cholesky_ = _kept(factors, kind)
    model.precisions_ = _kept(precisions, kind)


def fitted(model: GaussianMixture) -> Parameters:
    """The parameters of a fitted GaussianMixture."""
    return Parameters(
        model.weights_,
        model.means_,
        spread(model.covariances_, model.covariance_type, *model.means_.shape),
        (len(model.weights_),),
    )


def covariances_of(
    precisions: Array, covariance_type: CovarianceType, n_components: int, n_features: int
) -> Array:
    """Covariances (K, d, d) or variances (K, d) from precisions as scikit-learn keeps them."""
    if has_cross_products(covariance_type):
        return spread(np.linalg.inv(precisions), covariance_type, n_components, n_features)
    return spread(1 / precisions, covariance_type, n_components, n_features)


def spread(
    kept: Array, covariance_type: CovarianceType, n_components: int, n_features: int
) -> Array:
    """One matrix (d, d) or row of variances (d,) for every component, from scikit-learn's shape."""
    if covariance_type == "tied":
        return np.repeat(kept[None], n_components, axis=0)
    if covariance_type == "spherical":
        return np.repeat(kept[:, None], n_features, axis=1)
    return kept


def _kept(matrices: Array, covariance_type: CovarianceType) -> Array:
    """The inverse of `spread`."""
    if covariance_type == "tied":
        return np.ascontiguousarray(matrices[0])
    if covariance_type == "spherical":
        return np.ascontiguousarray(matrices[:, 0])
    return np.ascontiguousarray(matrices)
