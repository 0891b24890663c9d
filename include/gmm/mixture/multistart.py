"""From an estimator's parameters to its starts, and from there up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from include.gmm.mixture.em.acceleration import Anderson
from include.gmm.mixture.em.climb import Climb, climb_together
from include.gmm.mixture.em.kernel import expanded_width
from include.gmm.mixture.em.passes import choose_kernel
from include.gmm.mixture.em.prior import CovariancePrior, default_prior
from include.gmm.mixture.em.starts import Starter
from include.gmm.mixture.layout import covariances_of, fitted
from include.gmm.mixture.parameters import Array, Parameters, has_cross_products
from include.gmm.mixture.rows.sample import draw, sample_size
from include.gmm.mixture.rows.source import Source
from include.gmm.mixture.rows.survey import Survey
from include.gmm.mixture.workers import Workers

LIKELY_PASSES = 30  # what a fit is taken to need when it is decided whether to compile


def climbs_of(
    model: Any,
    source: Source,
    seen: Survey,
    workers: Workers,
    on_pass: Callable[[int, Sequence[Climb]], None],
) -> list[Climb]:
    """Carry all starts of a StreamingGaussianMixture as far as its tol and max_iter say."""
    k, d, kind = model.n_components, source.n_features, model.covariance_type
    prior = model.covariance_prior
    if isinstance(prior, str):
        prior = default_prior(seen.mean, seen.unbiased_covariance, k)
    reg_covar = np.full(d, float(model.reg_covar))
    climbs = [
        Climb(start, kind, prior, Anderson(kind, seen.scale) if model.acceleration else None)
        for start in _starts(model, source, seen, reg_covar, prior)
    ]
    width = expanded_width(d, cross_products=has_cross_products(kind))
    work = seen.rows * k * width * len(climbs) * min(model.max_iter, LIKELY_PASSES)
    climb_together(
        source,
        climbs,
        centre=seen.mean,
        total=seen.total,
        reg_covar=reg_covar,
        tol=model.tol,
        max_iter=model.max_iter,
        workers=workers,
        kernel=choose_kernel(work),
        on_pass=on_pass,
    )
    return climbs


def _starts(
    model: Any, source: Source, seen: Survey, reg_covar: Array, prior: CovariancePrior | None
) -> list[Parameters]:
    if model.warm_start and hasattr(model, "converged_"):
        return [fitted(model)]
    k, d, kind = model.n_components, source.n_features, model.covariance_type
    given: dict[str, Any] = {}
    if model.weights_init is not None:
        given["weights"] = model.weights_init
    if model.means_init is not None:
        given["means"] = model.means_init
    if model.precisions_init is not None:
        given["covariances"] = covariances_of(model.precisions_init, kind, k, d)
    if len(given) == 3:
        return [Parameters(**given, sizes=(k,))]
    random_state = check_random_state(model.random_state)
    sample = draw(source, sample_size(k, d), random_state.randint(2**31))
    starter = Starter(sample, seen.mean, seen.scale, reg_covar, source.cell_variance)
    return [
        replace(starter.start(model.init_params, k, kind, random_state, prior), **given)
        for _ in range(model.n_init)
    ]
