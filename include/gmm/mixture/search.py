"""Where the best mixtures of every size lie: starts that compete on a sample, then on all rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, cycle
from types import ModuleType

import numpy as np

from include.gmm.mixture.contest import Contest
from include.gmm.mixture.em.acceleration import Anderson
from include.gmm.mixture.em.climb import Climb, climb_together
from include.gmm.mixture.em.prior import CovariancePrior, default_prior
from include.gmm.mixture.em.starts import Starter, every_removal, every_split, random_state_of
from include.gmm.mixture.limits import SLACK, least_rows, too_few
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
# After so many more passes over the sample, so many starts of a contest go on.
HEATS: tuple[tuple[int, int], ...] = ((5, 8), (15, 2))
# After so many more passes over more rows, so many finalists go on.
RACE: tuple[tuple[int, int], ...] = ((3, 2), (6, 1))
LADDER = 4  # each sample is so many times the one before
LARGEST_SAMPLE = 500_000
# Sizes up to this one are tried although fewer are asked for, where the sample has so many rows for
# each component: what starts of five components miss is found by removing some from eight.
DETOUR = 10
DETOUR_ROWS = 50
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
        """For every K, the best different optima of the sample, each K also from its neighbours.

        Even and odd sizes take turns in offering their best to their neighbours, with a component
        split or removed, until none has anything better to offer; `done()` after each round.
        """
        rows = self._rows_of(self.sample)
        starter = Starter(
            self.sample, self.seen.mean, self.seen.scale, self.reg_covar, self.source.cell_variance
        )
        # All sizes up to one beyond the largest: each is a way to its neighbours.
        detour = min(DETOUR, len(self.sample.rows) // DETOUR_ROWS)
        largest = max(max(sizes) + 1, detour)
        contests = [Contest(k, covariance_type) for k in range(1, largest + 1)]
        for contest in contests:
            contest.least_weight = self._least_weight(contest, len(self.sample.rows))
        self._compete(rows, {contest: self._starts(starter, contest) for contest in contests})
        done()
        for parity in cycle((0, 1)):
            news = [contest for contest in contests if contest.has_news]
            if not news:
                break
            offers: dict[Contest, list[Parameters]] = {}
            for giver in news:
                if giver.n_components % 2 == parity:
                    giver.offered = giver.best
                    for taker, variants in _neighbours(contests, giver):
                        offers.setdefault(taker, []).extend(variants(giver.best.parameters))
            self._compete(rows, offers)
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
            n = len(rows.rows) if isinstance(rows, InMemory) and not last else self.seen.total
            for contest in contests:
                contest.least_weight = self._least_weight(contest, n)
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
        _share_out(time.perf_counter() - begin, contests, [c.best.passes for c in contests])

    def _least_weight(self, contest: Contest, rows: float) -> float:
        """Of a component with as many rows as it needs; infinite where there are too few in all."""
        kind, d = contest.covariance_type, self.source.n_features
        if too_few(self.seen.total, kind, contest.n_components, d):
            return np.inf
        return (least_rows(kind, d) - SLACK) / rows

    def _larger_samples(self) -> Iterator[InMemory]:
        """Ever larger ones: an optimum of many rows is found in few passes from one of fewer."""
        size = LADDER * len(self.sample.rows)
        while 2 * size <= self.seen.rows and size <= LARGEST_SAMPLE:
            yield self._rows_of(draw(self.source, size, self.seed))
            size *= LADDER

    def _rows_of(self, sample: Sample) -> InMemory:
        return InMemory(sample.rows, sample.cells, self.source.cell_variance, sample.weights)

    def _starts(self, starter: Starter, contest: Contest) -> list[Parameters]:
        k, kind = contest.n_components, contest.covariance_type
        random_state = random_state_of(self.seed, k, *kind.encode())
        return [
            starter.start("k-means++", k, kind, random_state, self._prior(k))
            for _ in range(self.n_starts if k > 1 else 1)
        ]

    def _compete(self, rows: InMemory, starts: Mapping[Contest, Sequence[Parameters]]) -> None:
        """Let the starts of each contest climb, all on the same passes: many briefly, few on."""
        begin = time.perf_counter()
        climbs = {c: [self._climb(start, c) for start in given] for c, given in starts.items()}
        going = climbs
        for passes, most in HEATS:
            self._advance(rows, _joined(going), START_TOLERANCE, passes, Workers())
            going = {c: c.hopeful(tried)[:most] for c, tried in going.items()}
        self._advance(rows, _joined(going), START_TOLERANCE, MAX_START_PASSES, Workers())
        for contest, long in going.items():
            contest.starts += len(climbs[contest])
            contest.reached += [climb.objective for climb in long if contest.is_sound(climb)]
            contest.take_in(long)
        spent = [sum(climb.passes for climb in tried) for tried in climbs.values()]
        _share_out(time.perf_counter() - begin, [*climbs], spent)

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


def _neighbours(
    contests: Sequence[Contest], giver: Contest
) -> Iterator[tuple[Contest, Callable[[Parameters], list[Parameters]]]]:
    for taker in contests:
        if taker.n_components == giver.n_components + 1:
            yield taker, every_split
        elif taker.n_components == giver.n_components - 1:
            yield taker, every_removal


def _joined(climbs: Mapping[Contest, Sequence[Climb]]) -> list[Climb]:
    return list(chain.from_iterable(climbs.values()))


def _share_out(seconds: float, contests: Sequence[Contest], passes: Sequence[int]) -> None:
    """Add the seconds of shared passes to the contests, by passes times components."""
    parts = [n * contest.n_components for n, contest in zip(passes, contests, strict=True)]
    for contest, part in zip(contests, parts, strict=True):
        contest.seconds += seconds * part / max(sum(parts), 1)  # where none could make a pass
