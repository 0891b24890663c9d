"""The fastest exp of float64 numbers that can be had here: NumPy's, or a polynomial by numba."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from script.benchmark.mixture import Array

Exponential = Callable[[Array, Array], Any]  # of the first, into the second; both contiguous

LOG2_E = 1 / math.log(2)
# ln 2 in two parts, so that n * LN2_HIGH is exact for every exponent n.
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
LEAST = -708.0  # below it the result is no normal number
_C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11 = (1 / math.factorial(n) for n in range(2, 12))


def _polynomial(values: Array, results: Array) -> None:
    """exp(x) = 2^n exp(r) with |r| <= ln(2) / 2 and Taylor's polynomial of degree 11 for exp(r).

    For x <= 709. Relative error 1e-14. It loops without branches, so that it is vectorised.
    """
    for i in range(values.size):
        x = max(values[i], LEAST)
        n = np.rint(x * LOG2_E)
        r = (x - n * LN2_HIGH) - n * LN2_LOW
        p = _C6 + r * (_C7 + r * (_C8 + r * (_C9 + r * (_C10 + r * _C11))))
        p = 1 + r * (1 + r * (_C2 + r * (_C3 + r * (_C4 + r * (_C5 + r * p)))))
        power = np.int64((np.int64(np.int32(n)) + 1023) << 52)  # the bits of 2^n
        results[i] = p * power.view(np.float64)


def exponentials() -> list[Exponential]:
    """All that there are; none of them holds Python's lock while it computes."""
    try:
        from numba import njit
    except ImportError:
        return [np.exp]
    return [np.exp, njit(nogil=True, fastmath={"contract"}, error_model="numpy")(_polynomial)]
