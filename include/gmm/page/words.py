"""Numbers and names as the page writes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from include.gmm.promotion_record import FormerSegment
from include.gmm.settings import CovarianceType
from include.gmm.summary import FeatureSummary, SegmentSummary, Summary

NOTHING = "\N{EN DASH}"
NOTICEABLE = 0.25  # standard deviations from the mean over all rows
MOST_SAID = 3  # features that tell a segment apart
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


def short(value: float | None) -> str:
    """A number for an input field, to four significant digits."""
    return np.format_float_positional(value or 0.0, 4, fractional=False, trim="-")


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


def distinctive(segment: SegmentSummary, features: Sequence[FeatureSummary]) -> list[str]:
    """What sets a segment apart, most of all first: "orders 5.2, the average is 2.9"."""
    found = []
    for feature in features:
        value = segment.profile.get(feature.name)
        if value is None or feature.mean is None or not feature.standard_deviation:
            continue
        distance = abs(value - feature.mean) / feature.standard_deviation
        if distance >= NOTICEABLE:
            unit = f" {feature.unit}" if feature.unit and feature.heading != feature.label else ""
            said = f"{feature.label} {number(value)}{unit}, the average is {number(feature.mean)}"
            found.append((distance, said))
    return [said for _, said in sorted(found, key=lambda each: -each[0])[:MOST_SAID]]


def distance(value: float | None, feature: FeatureSummary) -> str:
    """How many standard deviations over all rows a mean lies from the mean of all rows: +1.2"""
    if value is None or feature.mean is None or not feature.standard_deviation:
        return NOTHING
    return _minus(f"{(value - feature.mean) / feature.standard_deviation:+.2f}")


def centre(summary: Summary, place: int, number: int) -> float:
    """Where a segment's mean lies along a feature of the mixture, in the column's own unit."""
    feature = [feature for feature in summary.features if feature.in_mixture][place]
    component = [segment.number for segment in summary.segments].index(number)
    mean = summary.mixture.means[component][place] * (feature.scale or 1.0)
    mean += feature.centre or 0.0
    return math.expm1(mean) if feature.transform == "log1p" else mean


def title(segment: SegmentSummary | FormerSegment) -> str:
    """Its name, or its number where it has none."""
    return segment.name or f"Segment {segment.number}"


def newcomers(summary: Summary) -> list[SegmentSummary]:
    """The segments that go on with none of the champion's."""
    former = {segment.number for segment in summary.succession.former}
    return [segment for segment in summary.segments if segment.number not in former]


def retired(summary: Summary) -> list[str]:
    """The champion's segments that none goes on with, by their names, or numbers without one."""
    names = {segment.number: segment.name for segment in summary.succession.former}
    return [names.get(number) or f"Segment {number}" for number in summary.succession.retired]


def tint(value: float | None, feature: FeatureSummary) -> str:
    """The CSS class for a cell: how far from the mean, in standard deviations over all rows."""
    if value is None or feature.mean is None or not feature.standard_deviation:
        return ""
    distance = (value - feature.mean) / feature.standard_deviation
    if abs(distance) < NOTICEABLE:
        return ""
    return f"{'far-' if abs(distance) >= 1 else ''}{'above' if distance > 0 else 'below'}"


def colour(segment: SegmentSummary | FormerSegment) -> str:
    """The CSS class that paints a segment as the charts do."""
    return f"segment-{(segment.number - 1) % PALETTE + 1}"


def when(date: datetime) -> str:
    """A moment, UTC, to the minute."""
    return f"{date.astimezone(UTC):%Y-%m-%d %H:%M}"


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
