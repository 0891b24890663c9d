"""From contests between starts to the candidates of a choice: climbed, and scored on all rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
from joblib import Parallel, delayed

from include.gmm.mixture.choice import Candidate
from include.gmm.mixture.contest import Contest
from include.gmm.mixture.em.starts import by_weight
from include.gmm.mixture.limits import too_few
from include.gmm.mixture.parameters import (
    CovarianceType,
    degrees_of_freedom,
    smallest_eigenvalue,
)
from include.gmm.mixture.progress import Progress
from include.gmm.mixture.rows.survey import Survey
from include.gmm.mixture.search import COLLAPSED, Search


def candidates_of(
    search: Search,
    sizes: Sequence[int],
    covariance_types: Sequence[CovarianceType],
    progress: Callable[[Progress], None] | None,
) -> list[Candidate]:
    """Every K with every type, in the order of the sizes and then of the types."""
    contests = _contests(search, sizes, covariance_types, progress)
    candidates = [_scored(contest, search.seen) for contest in contests]
    order = list(covariance_types)
    return sorted(candidates, key=lambda c: (c.n_components, order.index(c.covariance_type)))


def _contests(
    search: Search,
    sizes: Sequence[int],
    covariance_types: Sequence[CovarianceType],
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

    by_type = Parallel(
        n_jobs=min(search.workers.n_threads, len(covariance_types)), prefer="threads"
    )(
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
