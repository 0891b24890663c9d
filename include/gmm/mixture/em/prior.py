"""The conjugate prior of Fraley and Raftery (2007), which keeps mixtures of small tables sound.

Means are normal around that of the data and covariances inverse Wishart around a share of that of
the data (J. Classification 24:155, with the degrees of freedom and scales proposed there). EM then
climbs to the posterior mode: no component can collapse, as its covariance is drawn to the prior's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from include.gmm.mixture.parameters import Array, CovarianceType, Parameters, precision_factors


@dataclass(frozen=True)
class CovariancePrior:
    """mean (d,), scale (d, d) of the inverse Wishart distribution, for mixtures of K components.

    shrinkage is kappa_p, how many rows the prior of a mean is worth; degrees_of_freedom is nu_p.
    """

    mean: Array
    scale: Array
    degrees_of_freedom: float
    shrinkage: float = 0.01

    def means(self, counts: Array, means: Array) -> Array:
        """Means at the posterior mode, from counts (K,) and means (K, d) of the rows."""
        shrunk: Array = (counts[:, None] * means + self.shrinkage * self.mean) / (
            counts[:, None] + self.shrinkage
        )
        return shrunk

    def covariances(
        self,
        counts: Array,
        means: Array,
        covariances: Array,
        covariance_type: CovarianceType,
    ) -> Array:
        """Covariances of one mixture at the posterior mode, from those of the responsibilities.

        counts (K,), means (K, d), covariances (K, d, d) or variances (K, d); the result likewise.
        """
        d = means.shape[1]
        pulled = (self.shrinkage * counts / (self.shrinkage + counts))[:, None]
        away = means - self.mean
        nu = self.degrees_of_freedom
        if covariances.ndim == 3:
            scatter = counts[:, None, None] * covariances
            scatter += pulled[:, :, None] * away[:, :, None] * away[:, None, :]
            if covariance_type == "full":
                full: Array = (self.scale + scatter) / (nu + counts + d + 2)[:, None, None]
                return full
            pooled = self.scale + scatter.sum(axis=0)
            pooled /= nu + counts.sum() + len(counts) + d + 1
            return np.repeat(pooled[None], len(counts), axis=0)
        variances = np.diagonal(self.scale)
        scatter = counts[:, None] * covariances + pulled * away**2
        if covariance_type == "diag":
            diagonal: Array = (variances + scatter) / (nu + counts + 3)[:, None]
            return diagonal
        round_: Array = (variances.mean() + scatter.sum(axis=1)) / (nu + (counts + 1) * d + 2)
        return np.repeat(round_[:, None], d, axis=1)

    def log_density(self, mixture: Parameters, covariance_type: CovarianceType) -> float:
        """Log of the prior density of one mixture's parameters, up to a constant."""
        nu, d = self.degrees_of_freedom, mixture.means.shape[1]
        factors = precision_factors(mixture.covariances)
        away = mixture.means - self.mean
        if factors.ndim == 3:
            scores = np.einsum("ki,kij->kj", away, factors)
            log_determinants = -2 * np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
            traces = np.einsum("kil,ij,kjl->k", factors, self.scale, factors)
            of_covariances = -0.5 * ((nu + d + 1) * log_determinants + traces)
        else:
            scores = away * factors
            log_determinants = -2 * np.log(factors).sum(axis=1)
            variances = np.diagonal(self.scale)
            if covariance_type == "spherical":
                of_one = np.full(d, 1 / d)  # one variance, which stands in all d columns
                variances = np.full(d, variances.mean())
            else:
                of_one = np.ones(d)
            of_covariances = ((nu + 2) * np.log(factors) - 0.5 * variances * factors**2) @ of_one
        of_means = -0.5 * (self.shrinkage * (scores**2).sum() + log_determinants.sum())
        once = 1 if covariance_type == "tied" else len(of_covariances)
        return float(of_means + of_covariances[:once].sum())


def default_prior(mean: Array, covariance: Array, n_components: int) -> CovariancePrior:
    """The paper's choice: nu_p = d + 2, kappa_p = 0.01, scale = covariance / K^(2/d).

    mean (d,) and covariance (d, d) are those of the data.
    """
    d = len(mean)
    return CovariancePrior(mean, covariance / n_components ** (2 / d), d + 2)
