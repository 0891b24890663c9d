"""What select_mixture refuses before it fits: settings out of range, and rows that cannot do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

import numpy as np

from include.gmm.errors import InputError
from include.gmm.mixture.choice import Criterion
from include.gmm.mixture.limits import refuse_too_few
from include.gmm.mixture.parameters import CovarianceType
from include.gmm.mixture.rows.source import column_name
from include.gmm.mixture.rows.survey import Survey

EVERY_TYPE: tuple[CovarianceType, ...] = get_args(CovarianceType)


def checked_settings(
    n_components: Sequence[int],
    covariance_types: Sequence[CovarianceType],
    criterion: str,
    parsimony: float,
    n_starts: int,
    seed: int,
    covariance_prior: str | None,
) -> list[int]:
    """The sizes to try, in order. Raises InputError that names the setting at fault."""
    sizes = sorted(set(n_components)) if isinstance(n_components, Iterable) else []
    if not sizes or any(int(k) != k or k < 1 for k in sizes):
        raise InputError(f"n_components: needs whole numbers from 1 on, not {n_components!r}")
    unknown = [kind for kind in covariance_types if kind not in EVERY_TYPE]
    if unknown or not covariance_types or isinstance(covariance_types, str):
        raise InputError(f"covariance_types: {unknown or 'none'}; known are {EVERY_TYPE}")
    if criterion not in get_args(Criterion):
        raise InputError(f"criterion: {criterion!r}; known are {get_args(Criterion)}")
    if not 0 <= parsimony < 1:
        raise InputError(f"parsimony: {parsimony} is not a share from 0 to 1")
    if n_starts < 1:
        raise InputError(f"n_starts: {n_starts}; at least 1 is needed")
    if not 0 <= seed < 2**32:
        raise InputError(f"seed: {seed}; a whole number from 0 to 2^32 - 1")
    if covariance_prior not in (None, "conjugate"):
        raise InputError(f"covariance_prior: {covariance_prior!r}; None or 'conjugate'")
    return [int(k) for k in sizes]


def refuse_unusable(
    seen: Survey, sizes: Sequence[int], covariance_types: Sequence[CovarianceType]
) -> None:
    """Raise InputError for too few rows, or columns that cannot tell components apart."""
    if seen.rows <= max(sizes):
        raise InputError(
            f"{seen.rows} rows are too few for up to {max(sizes)} components: "
            "bring more rows or try fewer components"
        )
    refuse_too_few(seen.total, covariance_types, sizes[0], len(seen.mean))
    constant = [column_name(seen.names, at) for at in np.flatnonzero(seen.constant)]
    if constant:
        raise InputError(
            f"column {', '.join(constant)}: every row has the same value, which cannot tell "
            "components apart; leave it out"
        )
