"""How far two sets of shares are apart, and how far chance alone takes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri, ndtri

CHANCE = 0.001  # probability with which rows of the same distribution exceed a bound below


def population_stability_index(then: ArrayLike, now: ArrayLike, floor: float) -> float:
    """PSI = sum of (q - p) ln(q / p) over the bins, of shares p and q (both (k,)).

    Siddiqi (2006), Credit Risk Scorecards; below 0.1 is commonly read as no change, and above 0.2
    as a large one. It is symmetric and at least 0, and 0 for equal shares. A bin without rows would
    make it infinite: every share counts as at least `floor`, a positive number.
    """
    p, q = np.maximum(then, floor), np.maximum(now, floor)
    return float(((q - p) * np.log(q / p)).sum())


def floor_of(rows_then: int, rows_now: int) -> float:
    """The share that an empty bin counts as: half a row of the smaller table."""
    return 0.5 / min(rows_then, rows_now)


def total_variation(then: ArrayLike, now: ArrayLike) -> float:
    """Half the sum of absolute differences of shares (k,): the share of rows that went elsewhere.

    Between 0, for equal shares, and 1, for shares without a common part.
    """
    return float(np.abs(np.subtract(now, then)).sum() / 2)


def psi_by_chance(bins: int, rows_then: int, rows_now: int) -> float:
    """What the PSI of two samples of one distribution exceeds with probability CHANCE.

    Such a PSI is about (1/n + 1/m) times a chi-squared variable with bins - 1 degrees of freedom
    (Yurdakul 2018, Statistical Properties of Population Stability Index), so its mean is about
    (bins - 1)(1/n + 1/m): 0.0036 for ten bins of 5,000 rows each, but 0.18 for those of 100.
    """
    if bins < 2:
        return 0.0
    return float(chdtri(bins - 1, CHANCE)) * _inverse_rows(rows_then, rows_now)


def total_variation_by_chance(shares: int, rows_then: int, rows_now: int) -> float:
    """A bound on what that of two samples of one distribution exceeds with probability CHANCE.

    By the Cauchy-Schwarz inequality total variation is at most half the square root of the
    chi-squared distance, sum of (q - p)^2 / p, which varies by chance as PSI does.
    """
    return float(np.sqrt(psi_by_chance(shares, rows_then, rows_now)) / 2)


def fall_by_chance(standard_deviation: float, rows_then: int, rows_now: int) -> float:
    """What the fall of a mean between two samples of one distribution exceeds likewise."""
    normal = -float(ndtri(CHANCE))
    return normal * standard_deviation * float(np.sqrt(_inverse_rows(rows_then, rows_now)))


def _inverse_rows(rows_then: int, rows_now: int) -> float:
    return 1 / rows_then + 1 / rows_now
