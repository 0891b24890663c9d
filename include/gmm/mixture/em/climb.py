"""EM: mixtures on their way up, many of them on the same passes over the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import ModuleType

import numpy as np

from include.gmm.mixture.em.acceleration import Anderson
from include.gmm.mixture.em.kernel import log_density
from include.gmm.mixture.em.m_step import m_step
from include.gmm.mixture.em.passes import accumulate
from include.gmm.mixture.em.prior import CovariancePrior
from include.gmm.mixture.parameters import (
    Array,
    CovarianceType,
    Parameters,
    precision_factors,
    stack,
)
from include.gmm.mixture.rows.source import Source
from include.gmm.mixture.workers import Workers


@dataclass(eq=False)
class Climb:
    """One mixture and how far it has come.

    `parameters` are the last that were evaluated and kept, with their log_likelihood (sum over the
    rows, or its lower bound where values are rounded), entropy of the memberships, and objective
    (log-likelihood plus log prior density, per row); `image` is the step of EM from there. `at` is
    what the next pass evaluates. With `anderson`, a guess that does worse than the step before it
    is taken back, and only a plain step of EM that gains less than `tol` ends the climb.
    """

    at: Parameters
    covariance_type: CovarianceType
    prior: CovariancePrior | None = None
    anderson: Anderson | None = None
    parameters: Parameters = field(init=False)
    image: Parameters = field(init=False)
    log_likelihood: float = field(default=-np.inf, init=False)
    entropy: float = field(default=0.0, init=False)
    objectives: list[float] = field(default_factory=list, init=False)
    passes: int = field(default=0, init=False)
    converged: bool = field(default=False, init=False)
    failure: str = field(default="", init=False)  # why it cannot go on, or nothing
    _guessed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.parameters = self.image = self.at

    @property
    def objective(self) -> float:
        """Of `parameters`, per row; -inf before the first pass."""
        return self.objectives[-1] if self.objectives else -np.inf

    @property
    def ended(self) -> bool:
        """Converged, or failed."""
        return self.converged or bool(self.failure)

    def advance(
        self, log_likelihood: float, entropy: float, image: Parameters, rows: float, tol: float
    ) -> None:
        """Take note of what a pass has found at `at`, and decide where to go."""
        self.passes += 1
        objective = log_likelihood
        if self.prior is not None:
            objective += self.prior.log_density(self.at, self.covariance_type)
        objective /= rows
        if self._guessed and not objective >= self.objective:
            if self.anderson is not None:
                self.anderson.forget()
            self.at, self._guessed = self.image, False
            return
        gain = objective - self.objective
        self.parameters, self.image = self.at, image
        self.log_likelihood, self.entropy = log_likelihood, entropy
        self.objectives.append(objective)
        self.converged = not self._guessed and abs(gain) < tol
        self.at, self._guessed = image, False
        if self.anderson is not None and not self.converged:
            guess = self.anderson.guess(self.parameters, image)
            if guess is not None and gain >= tol:
                self.at, self._guessed = guess, True


def climb_together(
    source: Source,
    climbs: Sequence[Climb],
    *,
    centre: Array,
    total: float,
    reg_covar: Array,
    tol: float,
    max_iter: int,
    workers: Workers,
    kernel: ModuleType,
    on_pass: Callable[[int, Sequence[Climb]], None] | None = None,
    give_up: Callable[[Climb], str] | None = None,
) -> None:
    """Advance all mixtures until each gains less than `tol` a row by a step, or has no more passes.

    total: sum of the sample weights; centre (d,) about which rows are expanded; reg_covar (d,) is
    added to variances. `on_pass(passes, climbs)` is told of each pass; what `give_up(climb)` says,
    where it is not empty, ends a climb as a failure.
    """
    for number in range(1, max_iter + 1):
        going = [climb for climb in climbs if not climb.ended]
        if not going:
            break
        _one_pass(source, going, centre, total, reg_covar, tol, workers, kernel)
        for climb in going:
            if give_up is not None and not climb.failure:
                climb.failure = give_up(climb)
        if on_pass is not None:
            on_pass(number, climbs)


def _one_pass(
    source: Source,
    going: Iterable[Climb],
    centre: Array,
    total: float,
    reg_covar: Array,
    tol: float,
    workers: Workers,
    kernel: ModuleType,
) -> None:
    groups, densities = [], []
    by_type = sorted(going, key=lambda climb: climb.covariance_type)
    for covariance_type, of_type in groupby(by_type, key=lambda climb: climb.covariance_type):
        sound = _invertible(list(of_type))
        if sound:
            stacked = stack([climb.at for climb in sound])
            densities.append(log_density(stacked, centre, source.cell_variance))
            groups.append((covariance_type, sound))
    found = accumulate(source, densities, workers, kernel) if densities else []
    for (covariance_type, members), density, (log_likelihoods, statistics) in zip(
        groups, densities, found, strict=True
    ):
        priors = [climb.prior for climb in members if climb.prior is not None]
        images = m_step(
            statistics,
            density.centres,
            [len(climb.at.weights) for climb in members],
            covariance_type,
            reg_covar,
            source.cell_variance,
            priors or None,
        )
        # sum_i sum_k r_ik log(w_k N(x_i | k)), without a second look at the rows: W . statistics
        expected = np.add.reduceat((density.matrix * statistics).sum(axis=1), density.offsets[:-1])
        for climb, image, log_likelihood, joint in zip(
            members, images.split(), log_likelihoods, expected, strict=True
        ):
            climb.advance(float(log_likelihood), float(log_likelihood - joint), image, total, tol)


def _invertible(climbs: list[Climb]) -> list[Climb]:
    """Those whose covariances are positive definite; the others fail, or go back where they can."""
    try:
        precision_factors(stack([climb.at for climb in climbs]).covariances)
        return climbs
    except np.linalg.LinAlgError:
        if len(climbs) > 1:
            return [sound for climb in climbs for sound in _invertible([climb])]
        climbs[0].failure = "a covariance is singular"
        return []
