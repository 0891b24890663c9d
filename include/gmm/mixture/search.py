"""Where the best mixtures of every size lie: starts that compete on a sample, then on all rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import ModuleType

import numpy as np

from include.gmm.mixture.em.acceleration import Anderson
from include.gmm.mixture.em.climb import Climb, climb_together
from include.gmm.mixture.em.prior import CovariancePrior, default_prior
from include.gmm.mixture.em.starts import Starter, random_state_of, split
from include.gmm.mixture.parameters import (
    Array,
    CovarianceType,
    Parameters,
    smallest_eigenvalue,
)
from include.gmm.mixture.progress import Progress
from include.gmm.mixture.rows.sample import Sample
from include.gmm.mixture.rows.source import InMemory, Source
from include.gmm.mixture.rows.survey import Survey
from include.gmm.mixture.workers import Workers

RELATIVE_REG_COVAR = 1e-6  # of each column's variance, added to every variance at every M-step
COLLAPSED = 10 * RELATIVE_REG_COVAR  # a variance this small is the regularisation's, not the data's
START_TOLERANCE = 1e-4  # of the log-likelihood per row, while starts compete on the sample
TOLERANCE = 1e-5
FINALISTS = 3  # different optima of the sample that are carried to convergence on all rows
AGREEMENT = 1e-4  # climbs that end this close, per row, are taken for one
NEAR = 1e-3  # how far climbs on the sample may still be from their optimum
MAX_START_PASSES = 300
MAX_PASSES = 1_000


@dataclass(eq=False)
class Contest:
    """The starts of one candidate: K components with one covariance type.

    `climbs` are the best different ones; `reached` the objectives of all starts on the sample, and
    `origins` those of the climbs that went on over all rows.
    """

    n_components: int
    covariance_type: CovarianceType
    seconds: float = 0.0
    climbs: list[Climb] = field(default_factory=list)
    reached: list[float] = field(default_factory=list)
    origins: list[float] = field(default_factory=list)

    @property
    def best(self) -> Climb:
        """Sound before collapsed, then by log-likelihood."""
        return max(self.climbs, key=merit)

    @property
    def starts(self) -> int:
        """How many starts there were."""
        return len(self.reached)

    @property
    def starts_agreed(self) -> int:
        """How many of them came, on the sample, as far as the one that won."""
        origin = self.origins[self.climbs.index(self.best)]
        return sum(objective >= origin - NEAR for objective in self.reached)


def merit(climb: Climb) -> tuple[bool, float]:
    """By which climbs are compared: a collapsed one's likelihood grows without bound."""
    return not climb.failure, climb.objective


@dataclass(frozen=True)
class Search:
    """What all starts have in common. Columns are compared in units of seen.scale."""

    source: Source
    seen: Survey
    sample: Sample
    seed: int
    n_starts: int
    use_prior: bool
    workers: Workers
    kernel: ModuleType

    @property
    def reg_covar(self) -> Array:
        """(d,), in the units of the rows squared."""
        return RELATIVE_REG_COVAR * self.seen.scale**2

    def on_sample(
        self, sizes: Sequence[int], covariance_type: CovarianceType, done: Callable[[], None]
    ) -> list[Contest]:
        """For every K, the best different optima of the sample, each K also from the one below."""
        sample = self.sample
        rows = InMemory(sample.rows, sample.cells, self.source.cell_variance, sample.weights)
        starter = Starter(
            sample, self.seen.mean, self.seen.scale, self.reg_covar, self.source.cell_variance
        )
        contests = [Contest(k, covariance_type) for k in sorted(sizes)]
        for contest in contests:
            k = contest.n_components
            random_state = random_state_of(self.seed, k, *covariance_type.encode())
            prior = self._prior(k)
            starts = [
                starter.start("k-means++", k, covariance_type, random_state, prior)
                for _ in range(self.n_starts if k > 1 else 1)
            ]
            self._compete(rows, contest, starts)
            done()
        offered: dict[tuple[int, int], Climb] = {}
        neighbours = list(pairwise(contests))
        up = [(smaller, larger, every_split) for smaller, larger in neighbours]
        down = [(larger, smaller, every_removal) for smaller, larger in reversed(neighbours)]
        for giver, taker, variants in up + down:
            way = giver.n_components, taker.n_components
            if offered.get(way) is not giver.best:
                offered[way] = giver.best
                self._compete(rows, taker, variants(giver.best.parameters))
            done()
        return contests

    def on_all_rows(
        self, contests: Sequence[Contest], progress: Callable[[Progress], None] | None = None
    ) -> None:
        """Carry the finalists of all candidates to convergence, on shared passes."""
        for contest in contests:
            contest.origins = [climb.objective for climb in contest.climbs]
            contest.climbs = [
                self._climb(climb.parameters, contest.covariance_type, contest.n_components)
                for climb in contest.climbs
            ]
        begin = time.perf_counter()

        def tell(passes: int, climbs: Sequence[Climb]) -> None:
            if progress is not None:
                ended = sum(climb.ended for climb in climbs)
                progress(Progress("Mixtures fitted to all rows", ended, len(climbs), passes))

        climbs = [climb for contest in contests for climb in contest.climbs]
        self._advance(self.source, climbs, TOLERANCE, MAX_PASSES, self.workers, tell)
        seconds = time.perf_counter() - begin
        shares = [
            sum(c.passes for c in contest.climbs) * contest.n_components for contest in contests
        ]
        for contest, share in zip(contests, shares, strict=True):
            contest.seconds += seconds * share / sum(shares)

    def _compete(self, rows: InMemory, contest: Contest, starts: Sequence[Parameters]) -> None:
        begin = time.perf_counter()
        climbs = [
            self._climb(start, contest.covariance_type, contest.n_components)
            for start in starts
            if len(start.weights) == contest.n_components  # sizes may have gaps
        ]
        self._advance(rows, climbs, START_TOLERANCE, MAX_START_PASSES, Workers())
        contest.reached += [climb.objective for climb in climbs if not climb.failure]
        contest.climbs = different([*contest.climbs, *climbs])
        contest.seconds += time.perf_counter() - begin

    def _climb(
        self, start: Parameters, covariance_type: CovarianceType, n_components: int
    ) -> Climb:
        return Climb(
            start,
            covariance_type,
            self._prior(n_components),
            Anderson(covariance_type, self.seen.scale),
        )

    def _prior(self, n_components: int) -> CovariancePrior | None:
        if not self.use_prior:
            return None
        return default_prior(self.seen.mean, self.seen.unbiased_covariance, n_components)

    def _advance(
        self,
        rows: Source,
        climbs: list[Climb],
        tol: float,
        max_iter: int,
        workers: Workers,
        on_pass: Callable[[int, Sequence[Climb]], None] | None = None,
    ) -> None:
        total = self.seen.total if rows is self.source else float(self.sample.weights.sum())
        climb_together(
            rows,
            climbs,
            centre=self.seen.mean,
            total=total,
            reg_covar=self.reg_covar,
            tol=tol,
            max_iter=max_iter,
            workers=workers,
            kernel=self.kernel,
            on_pass=on_pass,
            give_up=self._collapsed,
        )

    def _collapsed(self, climb: Climb) -> str:
        smallest = smallest_eigenvalue(climb.image, self.seen.scale)
        if smallest > COLLAPSED:
            return ""
        return f"a component collapsed: variance {smallest:.1e} in some direction"


def different(climbs: Sequence[Climb]) -> list[Climb]:
    """The best climbs, one of each optimum."""
    kept: list[Climb] = []
    for climb in sorted(climbs, key=merit, reverse=True):
        known = any(
            bool(climb.failure) == bool(other.failure)
            and abs(climb.objective - other.objective) < AGREEMENT
            for other in kept
        )
        if not known and len(kept) < FINALISTS:
            kept.append(climb)
    return kept


def every_split(mixture: Parameters) -> list[Parameters]:
    """The mixture with each of its components split in turn."""
    return [split(mixture, component) for component in range(len(mixture.weights))]


def every_removal(mixture: Parameters) -> list[Parameters]:
    """The mixture without each of its components in turn."""
    k = len(mixture.weights)
    return [
        Parameters(
            np.delete(mixture.weights, gone) / np.delete(mixture.weights, gone).sum(),
            np.delete(mixture.means, gone, axis=0),
            np.delete(mixture.covariances, gone, axis=0),
            (k - 1,),
        )
        for gone in range(k)
    ]
