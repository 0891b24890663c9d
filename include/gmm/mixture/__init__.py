"""Gaussian mixtures fitted to rows that need not fit into memory, and the choice between them."""

from include.gmm.mixture.estimator import StreamingGaussianMixture
from include.gmm.mixture.selection import Selection, select_mixture

__all__ = ["Selection", "StreamingGaussianMixture", "select_mixture"]
