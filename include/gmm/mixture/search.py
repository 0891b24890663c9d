"""Where the best mixtures of every size lie: starts that compete on a sample, then on all rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import ModuleType

from include.gmm.mixture.contest import Contest, different, merit
from include.gmm.mixture.em.acceleration import Anderson
from include.gmm.mixture.em.climb import Climb, climb_together
from include.gmm.mixture.em.prior import CovariancePrior, default_prior
from include.gmm.mixture.em.starts import Starter, every_removal, every_split, random_state_of
from include.gmm.mixture.parameters import (
    Array,
    CovarianceType,
    Parameters,
)
from include.gmm.mixture.progress import Progress
from include.gmm.mixture.rows.sample import Sample, draw
from include.gmm.mixture.rows.source import InMemory, Source
from include.gmm.mixture.rows.survey import Survey
from include.gmm.mixture.workers import Workers

RELATIVE_REG_COVAR = 1e-6  # of each column's variance, added to every variance at every M-step
COLLAPSED = 10 * RELATIVE_REG_COVAR  # a variance this small is the regularisation's, not the data's
START_TOLERANCE = 1e-4  # of the log-likelihood per row, while starts compete on the sample
TOLERANCE = 1e-5
# After so many more passes over more rows, so many finalists go on.
RACE: tuple[tuple[int, int], ...] = ((3, 2), (6, 1))
LADDER = 5  # each sample is so many times the one before
LARGEST_SAMPLE = 500_000
SHORT_PASSES = 6  # which starts are worth more is seen after these
LONG_CLIMBS = 4
MAX_START_PASSES = 100
MAX_PASSES = 1_000


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
        """For every K, the best different optima of the sample, each K also from its neighbours."""
        rows = self._rows_of(self.sample)
        starter = Starter(
            self.sample, self.seen.mean, self.seen.scale, self.reg_covar, self.source.cell_variance
        )
        # All sizes up to one beyond the largest: each is a way to its neighbours.
        contests = [Contest(k, covariance_type) for k in range(1, max(sizes) + 2)]
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
        return [contest for contest in contests if contest.n_components in sizes]

    def on_all_rows(
        self, contests: Sequence[Contest], progress: Callable[[Progress], None] | None = None
    ) -> None:
        """Carry the finalists of all candidates to convergence, on shared passes."""
        begin = time.perf_counter()

        passed = 0

        def tell(_: int, climbs: Sequence[Climb]) -> None:
            nonlocal passed
            passed += 1
            if progress is not None:
                ended = sum(climb.ended for climb in climbs)
                progress(Progress("Mixtures fitted to all rows", ended, len(climbs), passed))

        race = RACE
        for rows in (*self._larger_samples(), self.source):
            last = rows is self.source
            for contest in contests:
                contest.climbs = [
                    self._climb(climb.parameters, contest) for climb in contest.climbs
                ]
            for passes, most in (*race, (MAX_PASSES, 1)):
                climbs = [climb for contest in contests for climb in contest.climbs]
                tolerance = TOLERANCE if last else START_TOLERANCE
                self._advance(rows, climbs, tolerance, passes, self.workers, tell if last else None)
                for contest in contests:
                    contest.keep(most)
            race = ()
        seconds = time.perf_counter() - begin
        shares = [contest.best.passes * contest.n_components for contest in contests]
        for contest, share in zip(contests, shares, strict=True):
            contest.seconds += seconds * share / sum(shares)

    def _larger_samples(self) -> Iterator[InMemory]:
        """Ever larger ones: an optimum of many rows is found in few passes from one of fewer."""
        size = LADDER * len(self.sample.rows)
        while 2 * size <= self.seen.rows and size <= LARGEST_SAMPLE:
            yield self._rows_of(draw(self.source, size, self.seed))
            size *= LADDER

    def _rows_of(self, sample: Sample) -> InMemory:
        return InMemory(sample.rows, sample.cells, self.source.cell_variance, sample.weights)

    def _compete(self, rows: InMemory, contest: Contest, starts: Sequence[Parameters]) -> None:
        begin = time.perf_counter()
        climbs = [self._climb(start, contest) for start in starts]
        contest.starts += len(climbs)
        self._advance(rows, climbs, START_TOLERANCE, SHORT_PASSES, Workers())
        climbs = sorted(climbs, key=merit, reverse=True)[:LONG_CLIMBS]
        self._advance(rows, climbs, START_TOLERANCE, MAX_START_PASSES, Workers())
        contest.reached += [climb.objective for climb in climbs if not climb.failure]
        contest.climbs = different([*contest.climbs, *climbs])
        contest.seconds += time.perf_counter() - begin

    def _climb(self, start: Parameters, contest: Contest) -> Climb:
        kind = contest.covariance_type
        prior = self._prior(contest.n_components)
        return Climb(start, kind, prior, Anderson(kind, self.seen.scale))

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
        weights = rows.sample_weight
        total = self.seen.total if rows is self.source or weights is None else float(weights.sum())
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
            collapsed=COLLAPSED * self.seen.scale**2,
        )
