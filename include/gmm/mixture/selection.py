"""Choosing the number of components and the covariance type."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.mixture import GaussianMixture

from include.gmm.errors import InputError
from include.gmm.mixture.choice import Candidate, Caution, Criterion, choose
from include.gmm.mixture.contest import Contest
from include.gmm.mixture.em.kernel import expanded_width
from include.gmm.mixture.em.passes import choose_kernel
from include.gmm.mixture.em.starts import by_weight
from include.gmm.mixture.layout import assign
from include.gmm.mixture.limits import refuse_too_few, shortages, too_few
from include.gmm.mixture.parameters import (
    Array,
    CovarianceType,
    degrees_of_freedom,
    has_cross_products,
    smallest_eigenvalue,
)
from include.gmm.mixture.point_masses import point_masses
from include.gmm.mixture.progress import Progress
from include.gmm.mixture.rows.reading import Resolution, as_source, checked
from include.gmm.mixture.rows.sample import draw, sample_size
from include.gmm.mixture.rows.source import column_name
from include.gmm.mixture.rows.survey import Survey, survey
from include.gmm.mixture.search import (
    COLLAPSED,
    MAX_PASSES,
    TOLERANCE,
    Search,
)
from include.gmm.mixture.workers import threads

EVERY_TYPE: tuple[CovarianceType, ...] = get_args(CovarianceType)


@dataclass(frozen=True)
class Selection:
    """All candidates, the choice, and what it rests on."""

    best: Candidate
    runner_up: Candidate | None
    candidates: list[Candidate]
    rule: str
    lead: str
    cautions: list[Caution]
    reg_covar: Array
    rows: float
    seed: int

    @property
    def warnings(self) -> list[str]:
        """What to be wary of, in sentences."""
        return [str(caution) for caution in self.cautions]

    @property
    def table(self) -> pd.DataFrame:
        """One row for each candidate, the chosen one marked."""
        rows = []
        for candidate in self.candidates:
            row = {name: value for name, value in asdict(candidate).items() if name != "parameters"}
            row["degenerate"] = candidate.degenerate
            row["chosen"] = candidate is self.best
            rows.append(row)
        return pd.DataFrame(rows)

    def to_sklearn(self) -> GaussianMixture:
        """The chosen mixture as a plain GaussianMixture, as if its own `fit` had run."""
        best = self.best
        model = GaussianMixture(
            n_components=best.n_components,
            covariance_type=best.covariance_type,
            reg_covar=float(self.reg_covar.mean()),
            tol=TOLERANCE,
            max_iter=MAX_PASSES,
            n_init=best.starts,
            random_state=self.seed,
        )
        assign(model, best.parameters)
        model.converged_ = best.converged
        model.n_iter_ = best.passes
        model.lower_bound_ = best.log_likelihood / self.rows
        model.lower_bounds_ = [model.lower_bound_]
        model.n_features_in_ = best.parameters.means.shape[1]
        return model


def select_mixture(
    data: Any,
    n_components: Sequence[int] = range(1, 11),
    covariance_types: Sequence[CovarianceType] = EVERY_TYPE,
    *,
    criterion: Criterion = "bic",
    parsimony: float = 0.0,
    resolution: Resolution = "auto",
    sample_weight: Array | None = None,
    covariance_prior: Literal["conjugate"] | None = None,
    seed: int = 0,
    n_starts: int = 2,
    n_jobs: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Selection:
    """Fit every K with every covariance type, on shared passes over the rows, and choose.

    data, resolution and sample_weight (n,): as for StreamingGaussianMixture. `parsimony` takes the
    smallest K within that share of the best gain in the criterion. Each candidate has `n_starts`
    starts by k-means++ besides those from its neighbours in size. `progress` hears of each
    candidate's starts and of each pass. Which candidates there are too few rows for depends on the
    covariance type (limits.py); warnings name them. The result depends on neither threads nor order
    of rows.
    Raises InputError for data or settings that cannot be used, by name.
    """
    sizes = _checked_settings(
        n_components, covariance_types, criterion, parsimony, n_starts, seed, covariance_prior
    )
    covariance_types = list(dict.fromkeys(covariance_types))
    rows, names = checked(data)
    source = as_source(rows, resolution, sample_weight, names)
    with threads(n_jobs) as workers:
        seen = survey(source, workers)
        _refuse_unusable(seen, sizes, covariance_types)
        width = expanded_width(
            source.n_features, cross_products=any(map(has_cross_products, covariance_types))
        )
        size = sample_size(max(sizes), source.n_features)
        # Starts see the sample some thirty times for every pass over all rows.
        likely = 30 * (seen.rows + n_starts * min(size, seen.rows))
        search = Search(
            source,
            seen,
            draw(source, size, seed),
            seed,
            n_starts,
            covariance_prior is not None,
            workers,
            choose_kernel(likely * width * sum(sizes) * len(covariance_types)),
        )
        contests = _contests(search, sizes, covariance_types, workers.n_threads, progress)
    candidates = [_scored(contest, seen) for contest in contests]
    order = list(covariance_types)
    candidates.sort(key=lambda c: (c.n_components, order.index(c.covariance_type)))
    choice = choose(candidates, criterion, parsimony)
    return Selection(
        best=choice.best,
        runner_up=choice.runner_up,
        candidates=candidates,
        rule=choice.rule,
        lead=choice.lead,
        cautions=[
            *map(Caution, choice.warnings),
            *map(
                Caution,
                shortages(
                    covariance_types,
                    seen.total,
                    source.n_features,
                    choice.best.n_components,
                    sizes[-1],
                ),
            ),
            *point_masses(search.sample, source, choice.best.parameters),
        ],
        reg_covar=search.reg_covar,
        rows=seen.total,
        seed=seed,
    )


def _contests(
    search: Search,
    sizes: Sequence[int],
    covariance_types: Sequence[CovarianceType],
    n_threads: int,
    progress: Callable[[Progress], None] | None,
) -> list[Contest]:
    done = 0
    counting = threading.Lock()

    def count() -> None:
        nonlocal done
        with counting:
            done += 1
            if progress:
                progress(Progress("Rounds of starts", done, None))

    by_type = Parallel(n_jobs=min(n_threads, len(covariance_types)), prefer="threads")(
        delayed(search.on_sample)(sizes, covariance_type, count)
        for covariance_type in covariance_types
    )
    contests = [contest for of_type in by_type for contest in of_type]
    search.on_all_rows(contests, progress)
    return contests


def _scored(contest: Contest, seen: Survey) -> Candidate:
    climb = contest.best
    k, d = climb.parameters.means.shape
    df = degrees_of_freedom(k, d, contest.covariance_type)
    bic = -2 * climb.log_likelihood + df * float(np.log(seen.total))
    fewest = float(climb.parameters.weights.min() * seen.total)
    last = climb.image if climb.failure else climb.parameters
    smallest = smallest_eigenvalue(last, seen.scale)
    reason = climb.failure and f"{climb.failure}: variance {smallest:.1e} in some direction"
    if too_few(seen.total, contest.covariance_type, k, d):
        reason = f"{seen.total:,.0f} rows are too few"
    elif not reason and not contest.is_sound(climb):
        reason = f"a component is left with {fewest:.1f} rows"
    return Candidate(
        n_components=k,
        covariance_type=contest.covariance_type,
        log_likelihood=climb.log_likelihood,
        degrees_of_freedom=df,
        bic=bic,
        icl=bic + 2 * climb.entropy,
        aic=-2 * climb.log_likelihood + 2 * df,
        smallest_eigenvalue=smallest,
        eigenvalue_floor=COLLAPSED,
        reason=reason,
        converged=climb.converged,
        passes=climb.passes,
        starts=contest.starts,
        starts_agreed=contest.starts_agreed,
        seconds=contest.seconds,
        parameters=by_weight(climb.parameters),
    )


def _checked_settings(
    n_components: Sequence[int],
    covariance_types: Sequence[CovarianceType],
    criterion: str,
    parsimony: float,
    n_starts: int,
    seed: int,
    covariance_prior: str | None,
) -> list[int]:
    sizes = sorted(set(n_components)) if isinstance(n_components, Iterable) else []
    if not sizes or any(int(k) != k or k < 1 for k in sizes):
        raise InputError(f"n_components: needs whole numbers from 1 on, not {n_components!r}")
    unknown = [kind for kind in covariance_types if kind not in EVERY_TYPE]
    if unknown or not covariance_types or isinstance(covariance_types, str):
        raise InputError(f"covariance_types: {unknown or 'none'}; known are {EVERY_TYPE}")
    if criterion not in get_args(Criterion):
        raise InputError(f"criterion: {criterion!r}; known are {get_args(Criterion)}")
    if not 0 <= parsimony < 1:
        raise InputError(f"parsimony: {parsimony} is not a share from 0 to 1")
    if n_starts < 1:
        raise InputError(f"n_starts: {n_starts}; at least 1 is needed")
    if not 0 <= seed < 2**32:
        raise InputError(f"seed: {seed}; a whole number from 0 to 2^32 - 1")
    if covariance_prior not in (None, "conjugate"):
        raise InputError(f"covariance_prior: {covariance_prior!r}; None or 'conjugate'")
    return [int(k) for k in sizes]


def _refuse_unusable(
    seen: Survey, sizes: Sequence[int], covariance_types: Sequence[CovarianceType]
) -> None:
    if seen.rows <= max(sizes):
        raise InputError(
            f"{seen.rows} rows are too few for up to {max(sizes)} components: "
            "bring more rows or try fewer components"
        )
    refuse_too_few(seen.total, covariance_types, sizes[0], len(seen.mean))
    constant = [column_name(seen.names, at) for at in np.flatnonzero(seen.constant)]
    if constant:
        raise InputError(
            f"column {', '.join(constant)}: every row has the same value, which cannot tell "
            "components apart; leave it out"
        )
