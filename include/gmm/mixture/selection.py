"""Choosing the number of components and the covariance type."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, cpu_count, delayed
from threadpoolctl import threadpool_limits

from include.gmm.errors import InputError
from include.gmm.mixture.em import COLLAPSED, Fit, fit_mixture, smallest_eigenvalue
from include.gmm.mixture.kernel import Array, CovarianceType


@dataclass(frozen=True)
class Candidate:
    """One mixture in the competition and what it scored. Lower is better for all criteria.

    BIC = -2 log L + df log n (Schwarz 1978), AIC = -2 log L + 2 df (Akaike 1974),
    ICL = BIC + 2 * entropy of the memberships (Biernacki, Celeux and Govaert 2000).
    """

    fit: Fit
    n_components: int
    covariance_type: CovarianceType
    degrees_of_freedom: int
    bic: float
    icl: float
    aic: float
    smallest_eigenvalue: float
    reason: str  # why it is degenerate, or ""

    @property
    def degenerate(self) -> bool:
        """Collapsed onto fewer rows or dimensions than it has; never chosen."""
        return bool(self.reason)


@dataclass(frozen=True)
class Selection:
    """All candidates, the chosen one, and the rule in words."""

    best: Candidate
    candidates: list[Candidate]
    rule: str
    warnings: list[str]


def select_mixture(
    rows: Array,
    cell_variance: Array,
    n_components: Sequence[int],
    covariance_types: Sequence[CovarianceType],
    *,
    criterion: str = "bic",
    parsimony: float = 0.0,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Selection:
    """Fit every K with every covariance type to standardised rows (n, d) and choose.

    `progress(done, total)`, if given, is called after each candidate. Covariance types run in
    threads with one BLAS thread each: the number of processors does not change the result.
    Raises InputError when there are too few rows for the largest K, or all candidates collapse.
    """
    if len(rows) <= max(n_components):
        raise InputError(
            f"{len(rows)} rows are too few for up to {max(n_components)} components: "
            "bring more rows or try fewer components"
        )

    if not (np.isfinite(rows).all() and np.isfinite(cell_variance).all()):
        raise InputError("a transform or resolution turns values into infinity; set another")
    total = len(n_components) * len(covariance_types)
    candidates: list[Candidate] = []
    counting = threading.Lock()

    def compete(covariance_type: CovarianceType) -> None:
        """All K in turn: each fit offers the next one a start."""
        smaller = None
        for k in sorted(n_components):
            fit = fit_mixture(rows, cell_variance, k, covariance_type, seed, smaller)
            smaller = fit.parameters
            with counting:
                candidates.append(_score(fit, len(rows)))
                if progress:
                    progress(len(candidates), total)

    with threadpool_limits(1, user_api="blas"):
        Parallel(n_jobs=min(cpu_count(), len(covariance_types)), prefer="threads")(
            delayed(compete)(covariance_type) for covariance_type in covariance_types
        )
    order = list(covariance_types)
    candidates.sort(key=lambda c: (c.n_components, order.index(c.covariance_type)))
    return choose(candidates, criterion, parsimony)


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


def _score(fit: Fit, n_rows: int) -> Candidate:
    k, n_features = fit.parameters.means.shape
    df = degrees_of_freedom(k, n_features, fit.covariance_type)
    bic = -2 * fit.log_likelihood + df * float(np.log(n_rows))
    smallest = smallest_eigenvalue(fit.parameters)
    fewest = float(fit.parameters.weights.min() * n_rows)
    reason = ""
    if smallest <= COLLAPSED:
        reason = f"a component collapsed: variance {smallest:.1e} in some direction"
    elif fewest < n_features + 1:
        reason = f"a component is left with {fewest:.1f} rows"
    return Candidate(
        fit=fit,
        n_components=k,
        covariance_type=fit.covariance_type,
        degrees_of_freedom=df,
        bic=bic,
        icl=bic + 2 * fit.entropy,
        aic=-2 * fit.log_likelihood + 2 * df,
        smallest_eigenvalue=smallest,
        reason=reason,
    )


def choose(candidates: list[Candidate], criterion: str, parsimony: float) -> Selection:
    """The smallest K whose gain over the smallest K tried is within `parsimony` of the best."""
    sound = [candidate for candidate in candidates if not candidate.degenerate]
    if not sound:
        raise InputError(
            "every mixture collapsed, even the smallest: some feature is (nearly) a function of "
            "the others or takes very few values. Remove that feature, or give it a resolution"
        )

    def value(candidate: Candidate) -> float:
        return float(getattr(candidate, criterion))

    optimum = min(sound, key=value)
    fewest = min(candidate.n_components for candidate in sound)
    base = min(value(c) for c in sound if c.n_components == fewest)
    enough = value(optimum) + parsimony * (base - value(optimum))
    good = [candidate for candidate in sound if value(candidate) <= enough]
    k = min(candidate.n_components for candidate in good)
    best = min((c for c in good if c.n_components == k), key=value)

    name = criterion.upper()
    rule = f"Lowest {name} of {len(sound)} candidates."
    if best is not optimum:
        rule = (
            f"Smallest number of components within {100 * parsimony:g} % of the best gain in "
            f"{name} (the lowest {name} is {optimum.n_components} components, "
            f"{optimum.covariance_type})."
        )
    warnings = []
    tried = sorted({candidate.n_components for candidate in candidates})
    if k == tried[-1] and len(tried) > 1:
        warnings.append(f"The choice, {k}, is the largest number of components tried: try more.")
    if not best.fit.converged:
        warnings.append("The chosen mixture had not converged when EM stopped.")
    if best.fit.starts > 1 and best.fit.starts_agreed == 1:
        warnings.append("Only one start found the chosen mixture: another seed may find a better.")
    return Selection(best, candidates, rule, warnings)
