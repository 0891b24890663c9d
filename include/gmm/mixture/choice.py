"""What each candidate scored, and the rule that chooses between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import CovarianceType, Parameters

Criterion = Literal["bic", "icl", "aic"]


@dataclass(frozen=True)
class Candidate:
    """One mixture in the competition and what it scored. Lower is better for all criteria.

    BIC = -2 log L + df log n (Schwarz 1978), AIC = -2 log L + 2 df (Akaike 1974),
    ICL = BIC + 2 * entropy of the memberships (Biernacki, Celeux and Govaert 2000).
    Eigenvalues are those of covariances in units of the columns' standard deviations; at its floor
    the smallest is the regularisation's, not the data's. `starts` were tried, `starts_agreed` of
    them reached the optimum that won. `seconds` contains the candidate's share of shared passes.
    """

    n_components: int
    covariance_type: CovarianceType
    log_likelihood: float
    degrees_of_freedom: int
    bic: float
    icl: float
    aic: float
    smallest_eigenvalue: float
    eigenvalue_floor: float
    reason: str  # why it is degenerate, or ""
    converged: bool
    passes: int
    starts: int
    starts_agreed: int
    seconds: float
    parameters: Parameters

    @property
    def degenerate(self) -> bool:
        """Collapsed onto fewer rows or dimensions than it has; never chosen."""
        return bool(self.reason)

    @property
    def name(self) -> str:
        """Size and shape in words."""
        plural = "" if self.n_components == 1 else "s"
        return f"{self.n_components} component{plural}, {self.covariance_type}"


@dataclass(frozen=True)
class Caution:
    """What to be wary of. Of a component, `sentence` is what is said of it, behind its name."""

    sentence: str
    component: int | None = None  # its place in the mixture

    def __str__(self) -> str:
        if self.component is None:
            return self.sentence
        return f"Component {self.component + 1} {self.sentence}"


@dataclass(frozen=True)
class Choice:
    """The chosen candidate, the best of the others, the rule in words, and what to be wary of."""

    best: Candidate
    runner_up: Candidate | None
    rule: str
    lead: str
    warnings: list[str]


def choose(candidates: Sequence[Candidate], criterion: Criterion, parsimony: float) -> Choice:
    """The smallest K whose gain over the smallest K tried is within `parsimony` of the best.

    Raises InputError when all candidates are degenerate.
    """
    sound = [c for c in candidates if not c.degenerate and np.isfinite(getattr(c, criterion))]
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
    k = min(candidate.n_components for candidate in sound if value(candidate) <= enough)
    best = min((c for c in sound if c.n_components == k and value(c) <= enough), key=value)
    others = [candidate for candidate in sound if candidate is not best]
    runner_up = min(others, key=value) if others else None

    name = criterion.upper()
    rule = f"Lowest {name} of {len(sound)} candidates."
    if best is not optimum:
        rule = (
            f"Smallest number of components within {100 * parsimony:g} % of the best gain in "
            f"{name} (the lowest {name} is {optimum.n_components} components, "
            f"{optimum.covariance_type})."
        )
    lead = _lead(value(runner_up) - value(best), runner_up, name) if runner_up else ""
    return Choice(best, runner_up, rule, lead, _doubts(best, candidates))


def _lead(difference: float, runner_up: Candidate, name: str) -> str:
    """The difference to the runner-up in the words of Kass and Raftery (1995, JASA 90:773).

    Their scale is for 2 log of a Bayes factor, which a difference in BIC approximates.
    """
    if difference < 0:
        return (
            f"The runner-up ({runner_up.name}) has a {name} lower by {-difference:,.1f}; "
            "it was passed over for its size."
        )
    words = "hardly any evidence"
    for least, stronger in ((2, "positive"), (6, "strong"), (10, "very strong")):
        if difference > least:
            words = f"{stronger} evidence"
    against = f" ({words} against it)" if name == "BIC" else ""
    return f"The runner-up ({runner_up.name}) has a {name} higher by {difference:,.1f}{against}."


def _doubts(best: Candidate, candidates: Sequence[Candidate]) -> list[str]:
    warnings = []
    tried = sorted({candidate.n_components for candidate in candidates})
    if best.n_components == tried[-1] and len(tried) > 1:
        warnings.append(
            f"The choice, {best.n_components}, is the largest number of components tried: try more."
        )
    if not best.converged:
        warnings.append("The chosen mixture had not converged when EM stopped.")
    if best.starts > 1 and best.starts_agreed == 1:
        warnings.append("Only one start found the chosen mixture: another seed may find a better.")
    return warnings
