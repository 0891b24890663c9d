"""The starts of one candidate, and which of them go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from include.gmm.mixture.em.climb import Climb
from include.gmm.mixture.parameters import CovarianceType

FINALISTS = 4  # different optima of the sample that go on to more rows
MARGIN = 0.02  # what a finalist may be behind on the sample, per row
AGREEMENT = 1e-4  # climbs that end this close, per row, are taken for one
NEWS = 3e-3  # what a best must gain, per row, for its neighbours to start from it again
NEAR = 1e-3  # how far climbs on the sample may still be from their optimum


@dataclass(eq=False)
class Contest:
    """The starts of one candidate: K components with one covariance type.

    `climbs` are the best different ones so far; `starts` were tried, and those that went on for
    long `reached` these objectives on the sample. `offered` was the best when its neighbours in
    size last started from it. A component of less than `least_weight` has too few rows.
    """

    n_components: int
    covariance_type: CovarianceType
    least_weight: float = 0.0
    seconds: float = 0.0
    starts: int = 0
    climbs: list[Climb] = field(default_factory=list)
    reached: list[float] = field(default_factory=list)
    offered: Climb | None = None

    @property
    def best(self) -> Climb:
        """Sound before degenerate, then by log-likelihood."""
        return max(self.climbs, key=self.merit)

    @property
    def starts_agreed(self) -> int:
        """How many of the starts came as far on the sample as the best."""
        return sum(objective >= max(self.reached) - NEAR for objective in self.reached)

    @property
    def has_news(self) -> bool:
        """Whether the best is better than what its neighbours have started from."""
        if self.offered is None:
            return True
        sound, objective = self.merit(self.offered)
        return self.merit(self.best) > (sound, objective + NEWS)

    def is_sound(self, climb: Climb) -> bool:
        """Whether none of its components has collapsed or is left with hardly any rows."""
        return not climb.failure and bool(climb.parameters.weights.min() >= self.least_weight)

    def merit(self, climb: Climb) -> tuple[bool, float]:
        """By which climbs are compared: a degenerate one's likelihood grows without bound."""
        return self.is_sound(climb), climb.objective

    def hopeful(self, climbs: Sequence[Climb]) -> list[Climb]:
        """The best first, one of each optimum, of those that may still come to the best so far."""
        so_far = [climb.objective for climb in self.climbs if self.is_sound(climb)]
        least = max(so_far, default=-np.inf) - MARGIN
        kept: list[Climb] = []
        for climb in sorted(climbs, key=self.merit, reverse=True):
            apart = all(abs(climb.objective - other.objective) > AGREEMENT for other in kept)
            if climb.objective >= least and apart:
                kept.append(climb)
        return kept

    def take_in(self, climbs: Sequence[Climb]) -> None:
        """Keep the best, one of each optimum, as far as they have a chance on all rows."""
        kept: list[Climb] = []
        rivals = sorted([*self.climbs, *climbs], key=self.merit, reverse=True)
        for climb in rivals[: 4 * FINALISTS]:
            behind = [other.objective - climb.objective for other in kept]
            if not kept or (
                self.is_sound(climb)
                and len(kept) < FINALISTS
                and all(gap >= AGREEMENT for gap in behind)
                and max(behind) < MARGIN
            ):
                kept.append(climb)
        self.climbs = kept

    def keep(self, most: int) -> None:
        """Let only the best climbs go on."""
        self.climbs = sorted(self.climbs, key=self.merit, reverse=True)[:most]
