"""EM: mixtures on their way up, many of them on the same passes over the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import ModuleType

import numpy as np

from include.gmm.mixture.em.acceleration import Anderson
from include.gmm.mixture.em.kernel import LogDensity, log_density
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
from include.gmm.mixture.rows.source import Source, beyond_floats
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
    _guess: Array | None = field(default=None, init=False)  # `at`, where it was guessed
    _vector: Array | None = field(default=None, init=False)  # `image` in coordinates
    _point: Array | None = field(default=None, init=False)  # `parameters` in coordinates
    _steady: bool = field(default=False, init=False)  # whether the last step gained tol

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

    def receive(
        self, log_likelihood: float, entropy: float, image: Parameters, rows: float, tol: float
    ) -> bool:
        """Take note of what a pass has found at `at`; False if it was a guess that did worse."""
        self.passes += 1
        objective = log_likelihood
        if self.prior is not None:
            objective += self.prior.log_density(self.at, self.covariance_type)
        objective /= rows
        if not objective >= self.objective and self.take_back():
            return False
        gain = objective - self.objective
        self.parameters, self.image = self.at, image
        self.log_likelihood, self.entropy = log_likelihood, entropy
        self.objectives.append(objective)
        self.converged = self._guess is None and abs(gain) < tol
        self._steady = gain >= tol
        self._point = self._vector if self._guess is None else self._guess
        self.at, self._guess, self._vector = image, None, None
        return True

    def accelerate(self, vector: Array) -> None:
        """Go on from a guess, if there is one; vector (P,) is `image` in coordinates."""
        self._vector = vector
        if self.anderson is None or self._point is None:
            return
        guess = self.anderson.guess(self._point, vector)
        # Where next to nothing was gained, a plain step has to show whether there is more to gain.
        if guess is not None and self._steady:
            self.at, self._guess = self.anderson.coordinates.mixture(guess, self.image), guess

    def take_back(self) -> bool:
        """Go on from the step of EM if `at` is a guess; False if it is not."""
        if self._guess is None or self.anderson is None:
            return False
        self.anderson.forget()
        self.at, self._guess = self.image, None
        return True


@beyond_floats()
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
    collapsed: Array | None = None,
) -> None:
    """Advance all mixtures until each gains less than `tol` a row by a step, or has no more passes.

    total: sum of the sample weights; centre (d,) about which rows are expanded; reg_covar (d,) is
    added to variances; a mixture with a variance of `collapsed` (d,) or less along some axis ends
    as a failure. `on_pass(passes, climbs)` is told of each pass.
    """
    for number in range(1, max_iter + 1):
        going = [climb for climb in climbs if not climb.ended]
        if not going:
            break
        groups = []
        by_type = sorted(going, key=lambda climb: climb.covariance_type)
        for _, of_type in groupby(by_type, key=lambda climb: climb.covariance_type):
            sound, density = _densities(list(of_type), centre, source.cell_variance)
            if density is not None:
                groups.append((sound, density))
        if not groups:
            break
        found = accumulate(source, [density for _, density in groups], workers, kernel)
        for (sound, density), (log_likelihoods, statistics) in zip(groups, found, strict=True):
            images = m_step(
                statistics,
                density.centres,
                [len(climb.at.weights) for climb in sound],
                sound[0].covariance_type,
                reg_covar,
                source.cell_variance,
                [climb.prior for climb in sound if climb.prior is not None] or None,
            )
            _advance(sound, density, log_likelihoods, statistics, images, total, tol, collapsed)
        if on_pass is not None:
            on_pass(number, climbs)


def _densities(
    climbs: list[Climb], centre: Array, cell_variance: Array | None
) -> tuple[list[Climb], LogDensity | None]:
    """The climbs that can go on, and their densities; the others fail."""
    try:
        stacked = stack([climb.at for climb in climbs])
        return climbs, log_density(stacked, centre, cell_variance)
    except np.linalg.LinAlgError:
        sound = [climb for climb in climbs if _invertible(climb)]
        return _densities(sound, centre, cell_variance) if sound else ([], None)


def _invertible(climb: Climb) -> bool:
    try:
        precision_factors(climb.at.covariances)
    except np.linalg.LinAlgError:
        if climb.take_back():
            return _invertible(climb)
        climb.failure = "a covariance is singular"
    return not climb.failure


def _advance(
    climbs: list[Climb],
    density: LogDensity,
    log_likelihoods: Array,
    statistics: Array,
    images: Parameters,
    total: float,
    tol: float,
    collapsed: Array | None,
) -> None:
    # sum_i sum_k r_ik log(w_k N(x_i | k)), without a second look at the rows: W . statistics
    matrix = np.where(np.isfinite(density.matrix), density.matrix, 0)  # no weight: no statistics
    expected = np.add.reduceat((matrix * statistics).sum(axis=1), density.offsets[:-1])
    kept = [
        climb
        for climb, image, log_likelihood, joint in zip(
            climbs, images.split(), log_likelihoods, expected, strict=True
        )
        if climb.receive(float(log_likelihood), float(log_likelihood - joint), image, total, tol)
    ]
    if collapsed is not None and kept:
        for climb in _thin(kept, collapsed):
            climb.failure = "a component collapsed"
            climb.converged = False
    going = [climb for climb in kept if climb.anderson is not None and not climb.ended]
    for climb, vector in zip(going, _vectors(going), strict=True):
        if vector is not None:
            climb.accelerate(vector)


def _vectors(climbs: list[Climb]) -> list[Array | None]:
    """The images in coordinates; None for one that is singular, as the next pass will tell."""
    if not climbs or climbs[0].anderson is None:
        return []
    try:
        return [*climbs[0].anderson.coordinates.of(stack([climb.image for climb in climbs]))]
    except np.linalg.LinAlgError:
        if len(climbs) == 1:
            return [None]
        return [vector for climb in climbs for vector in _vectors([climb])]


def _thin(climbs: list[Climb], least: Array) -> list[Climb]:
    """Those whose images have collapsed."""
    if _all_wider(stack([climb.image for climb in climbs]), least):
        return []
    return [climb for climb in climbs if not _all_wider(climb.image, least)]


def _all_wider(mixture: Parameters, least: Array) -> bool:
    """Whether all variances along all axes exceed `least` (d,), columns in units of its root."""
    if mixture.covariances.ndim == 2:
        return bool((mixture.covariances > least).all())
    if not np.isfinite(mixture.covariances).all():
        return False
    scale = np.sqrt(least)
    try:
        np.linalg.cholesky(mixture.covariances / np.outer(scale, scale) - np.eye(len(least)))
    except np.linalg.LinAlgError:
        return False
    return True
