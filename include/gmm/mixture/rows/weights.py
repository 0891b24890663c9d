"""What sample weights mean: copies where they are counts, importance where they are not.

Whole numbers are counts: a weight of 3 is three copies of the row, as everywhere in scikit-learn.
Other weights say how much a row matters beside the others. Their scale says nothing, and neither
does a divisor that all counts have in common, but the number of rows is what BIC and the limits of
small components go by. So weights that are no counts are brought to a mean of 1: a table is no more
and no less than its rows, whether the weights were shares that sum to 1 or amounts of billions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array

LARGEST_COUNT = 2.0**53  # beyond it every float is a whole number


def checked_weights(sample_weight: Any, rows: int | None = None) -> Array | None:
    """Sample weights as float64 (n,): counts without a common divisor, or of mean 1.

    The mean is that of the rows of positive weight.
    Raises InputError unless they are finite, none negative, one a row.
    """
    if sample_weight is None:
        return None
    try:
        weights = np.ascontiguousarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"sample_weight: not all numbers: {error}") from error
    if weights.ndim != 1 or (rows is not None and len(weights) != rows):
        expected = "one for each row" if rows is None else f"({rows},), one for each row"
        raise InputError(f"sample_weight: has the shape {weights.shape}; it needs {expected}")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise InputError("sample_weight: must be finite numbers (no NaN), none negative")
    if not weights.any():
        raise InputError("sample_weight: every weight is zero, so there are no rows")
    largest = weights.max()
    if are_counts(weights):
        divisor = np.gcd.reduce(weights.astype(np.int64))
        return weights if divisor == 1 else weights / float(divisor)
    shares = weights / largest  # first: the sum of huge weights is beyond what floats hold
    scaled: Array = shares * (np.count_nonzero(shares) / shares.sum())
    return scaled


def are_counts(weights: Array) -> bool:
    """Whether all are whole numbers."""
    return bool(weights.max() <= LARGEST_COUNT and (weights == np.round(weights)).all())
