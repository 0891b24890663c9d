"""How many rows a mixture needs, by what its covariance type has to estimate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import CovarianceType

FEWEST = 3  # of two among many rows, some pair is as close as one likes
SLACK = 1e-6  # of a row: what rounding and memberships of next to nothing may take from a count


def least_rows(covariance_type: CovarianceType, n_features: int) -> int:
    """Of one component: a full covariance of its own is singular below d + 1 rows.

    Variances, or a mean beside a covariance that all components share, need FEWEST; in one or two
    columns no more than a full covariance does.
    """
    full = n_features + 1
    return full if covariance_type == "full" else min(full, FEWEST)


def rows_needed(covariance_type: CovarianceType, n_components: int, n_features: int) -> int:
    """Of all components together.

    The covariance that those of type tied share loses a row to each of their means. With less than
    two rows left for each column it is so thin in some direction that BIC finds groups in noise.
    """
    rows = n_components * least_rows(covariance_type, n_features)
    if covariance_type == "tied":
        shared = n_features + 1 if n_components == 1 else 2 * n_features + n_components
        return max(rows, shared)
    return rows


def too_few(
    rows: float, covariance_type: CovarianceType, n_components: int, n_features: int
) -> bool:
    """Whether so many rows, or weights of this sum, do not do."""
    return rows + SLACK < rows_needed(covariance_type, n_components, n_features)


def refuse_too_few(
    rows: float, covariance_types: Sequence[CovarianceType], n_components: int, n_features: int
) -> None:
    """Raise InputError where the rows do not do for so many components of any of the types."""
    if not all(too_few(rows, kind, n_components, n_features) for kind in covariance_types):
        return
    remedy = ""
    if n_components > 1:
        remedy = ", or try fewer components"
    elif not {"diag", "spherical"} & {*covariance_types}:
        remedy = ", leave out columns, or try the covariance types diag and spherical"
    raise InputError(
        f"{rows:,.0f} rows of {n_features} columns are too few for {_components(n_components)} of "
        f"type {' or '.join(covariance_types)}: bring more rows{remedy}"
    )


def shortages(
    covariance_types: Iterable[CovarianceType],
    rows: float,
    n_features: int,
    chosen: int,
    largest: int,
) -> list[str]:
    """Which types could not have more components than were chosen, for lack of rows."""
    told = []
    for kind in covariance_types:
        # The first size that the rows do not allow.
        k = next(k for k in count(1) if too_few(rows, kind, k, n_features))
        if k <= min(chosen + 1, largest):
            told.append(
                f"{rows:,.0f} rows of {n_features} columns are too few for {_components(k)} of "
                f"type {kind} ({rows_needed(kind, k, n_features)} are needed): not compared."
            )
    return told


def _components(n_components: int) -> str:
    return f"{n_components} component{'s' * (n_components > 1)}"
