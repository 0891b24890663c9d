"""The conditions on which a version becomes the champion without anybody's word."""

from __future__ import annotations

from include.gmm.promotion_record import Gate
from include.gmm.summary import CandidateSummary, Choice


def log_likelihood(challenger: float | None, champion: float | None, limit: float) -> Gate:
    """Mean log-densities of the held-out rows, in the features' own units; None if incomparable."""
    difference: float | None = None
    sentence = "It cannot be told, because the champion cannot be applied to these features."
    if challenger is not None and champion is not None:
        difference = challenger - champion
        sentence = (
            f"{_signed(challenger)} nats per held-out row against {_signed(champion)} of the "
            f"champion: {_signed(difference, '+')}, and {_signed(-limit, '+')} is the least."
        )
    return Gate(
        name="log_likelihood",
        title="Held-out log-likelihood",
        value=difference,
        limit=-limit,
        passed=difference is not None and difference >= -limit,
        sentence=sentence,
    )


def degenerate(choice: Choice) -> Gate:
    """Whether a component of the chosen mixture has collapsed."""
    chosen = _chosen(choice)
    collapsed = chosen.degenerate
    return Gate(
        name="degenerate",
        title="No degenerate component",
        value=chosen.smallest_eigenvalue,
        limit=chosen.eigenvalue_floor,
        passed=not collapsed,
        sentence=f"Degenerate: {chosen.reason}."
        if collapsed
        else f"The smallest eigenvalue is {chosen.smallest_eigenvalue:.2g}, "
        f"{chosen.eigenvalue_floor:.2g} would be collapsed.",
    )


def smallest_share(shares: list[float], limit: float) -> Gate:
    """Of the rows, by their most probable segments."""
    least = min(shares)
    return Gate(
        name="smallest_share",
        title="Smallest segment",
        value=least,
        limit=limit,
        passed=least >= limit,
        sentence=f"{100 * least:.1f} % of the rows, and {100 * limit:.1f} % is the least.",
    )


def stability(share: float, limit: float) -> Gate:
    """The share of rows that keep their segment when resampled rows are fitted."""
    return Gate(
        name="stability",
        title="Stability under resampling",
        value=share,
        limit=limit,
        passed=share >= limit,
        sentence=f"{100 * share:.1f} % of the rows keep their segment when resampled rows are "
        f"fitted, and {100 * limit:.1f} % is the least.",
    )


def moved(share: float | None, limit: float) -> Gate:
    """The share of rows that would leave their segment of the champion."""
    return Gate(
        name="moved",
        title="Rows that change segment",
        value=share,
        limit=limit,
        passed=share is not None and share <= limit,
        sentence="It cannot be told, because the champion cannot be applied to these features."
        if share is None
        else f"{100 * share:.1f} % of the rows would leave their segment, and "
        f"{100 * limit:.1f} % is the most.",
    )


def _signed(value: float, sign: str = "-") -> str:
    return f"{value:{sign}.3f}".replace("-", "\N{MINUS SIGN}")


def _chosen(choice: Choice) -> CandidateSummary:
    wanted = (choice.n_components, choice.covariance_type)
    return next(c for c in choice.candidates if (c.n_components, c.covariance_type) == wanted)
