"""Numbers and names as the page writes them."""

from __future__ import annotations

import math

from include.gmm.settings import CovarianceType
from include.gmm.summary import FeatureSummary, SegmentSummary

NOTHING = "\N{EN DASH}"
PALETTE = 7  # colours of include.gmm.page.charts, which page.css repeats

SHAPES: dict[CovarianceType, str] = {
    "full": "every segment has a shape and direction of its own",
    "tied": "all segments share one shape and differ in place only",
    "diag": "every segment has its own spread in each feature, without correlations",
    "spherical": "every segment is round, with one spread for all features",
}


def count(value: int) -> str:
    """23570 -> 23,570"""
    return f"{value:,}"


def percent(value: float | None) -> str:
    """0.3421 -> 34.2 %; what is there but too little to show is not written as nothing."""
    if value is None:
        return NOTHING
    if 0 < value < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= value < 1:
        return "> 99.9 %"
    return f"{100 * value:.1f} %"


def number(value: float | None) -> str:
    """A number with about three significant digits, and all of those before the point."""
    if value is None:
        return NOTHING
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e12:
        return _minus(f"{value:.2e}")
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return _minus(f"{value:,.{decimals}f}")


def fixed(value: float, decimals: int) -> str:
    """A number with that many decimals, so that columns compare."""
    return _minus(f"{value:,.{decimals}f}")


def against_mean(value: float | None, feature: FeatureSummary) -> str:
    """How a segment's mean compares to the mean over all rows: a ratio where that has a sense."""
    if value is None or feature.mean is None:
        return ""
    if feature.mean > 0 and value >= 0:
        ratio = value / feature.mean
        return f"{number(ratio) if ratio < 0.1 else fixed(ratio, 1)} times the mean"
    difference = value - feature.mean
    return f"{number(abs(difference))} {'above' if difference >= 0 else 'below'} the mean"


def tint(value: float | None, feature: FeatureSummary) -> str:
    """The CSS class for a cell: how far from the mean, in standard deviations over all rows."""
    if value is None or feature.mean is None or not feature.standard_deviation:
        return ""
    distance = (value - feature.mean) / feature.standard_deviation
    if abs(distance) < 0.25:
        return ""
    return f"{'far-' if abs(distance) >= 1 else ''}{'above' if distance > 0 else 'below'}"


def colour(segment: SegmentSummary) -> str:
    """The CSS class that paints a segment as the charts do."""
    return f"segment-{(segment.number - 1) % PALETTE + 1}"


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
