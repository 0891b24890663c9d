"""The segments beside each other: how large they are, and what sets them apart."""

from __future__ import annotations

from typing import Any

import altair as alt

from include.gmm.page.charts.theme import (
    WIDTH,
    Theme,
    data,
    finish,
    segment_colours,
    segments_axis,
    step,
)
from include.gmm.summary import Summary

FURTHEST = 2.0  # standard deviations from the mean at which a cell has its full colour
SATURATED = 1.5  # from which it needs its number in the colour of the page
ACROSS = 290  # pixels for all columns together
LABELS = 150  # pixels at most for the names of features
WIDEST = 56  # pixels for a column of numbers
ROOM = 32  # pixels a column needs for its number


def shares(summary: Summary, theme: Theme) -> Any:
    """One bar per segment: its share of all rows."""
    rows = [
        {"segment": segment.number, "share": segment.share, "label": f"{100 * segment.share:.1f} %"}
        for segment in summary.segments
    ]
    widest = max(segment.share for segment in summary.segments)
    base = alt.Chart(data(rows)).encode(
        y=segments_axis(),
        x=alt.X("share:Q", title="Share of all rows")
        .axis(format="%", tickCount=5)
        .scale(domain=[0, 1.15 * widest or 1], nice=False),  # room for the labels
    )
    labels = base.mark_text(align="left", dx=4).encode(text="label:N")
    bars = base.mark_bar().encode(color=segment_colours(summary, theme))
    return finish(
        (bars + labels).properties(width=WIDTH, height=alt.Step(step(summary))),
        theme,
        "Bars: the share of rows of each segment.",
    )


def profiles(summary: Summary, theme: Theme) -> Any:
    """A cell for each segment and feature: how far its mean is from that of all rows.

    In standard deviations over all rows. Features lie along the side: there may be many.
    """
    rows = []
    for feature in summary.features:
        for segment in summary.segments:
            value = segment.profile.get(feature.name)
            if value is None or feature.mean is None or not feature.standard_deviation:
                continue
            distance = (value - feature.mean) / feature.standard_deviation
            rows.append(
                {
                    "feature": feature.label,
                    "segment": segment.number,
                    "distance": distance,
                    "written": f"{distance:+.1f}".replace("-", "\N{MINUS SIGN}"),
                    "faint": abs(distance) < SATURATED,
                }
            )
    cell = min(WIDEST, ACROSS // len(summary.segments))
    base = alt.Chart(data(rows)).encode(
        x=alt.X("segment:O", title="Segment")
        .axis(labelAngle=0, orient="top", ticks=False, domain=False, labelOverlap=True)
        .scale(domain=[segment.number for segment in summary.segments]),
        y=alt.Y("feature:O", title=None)
        .axis(ticks=False, domain=False, labelLimit=LABELS, labelPadding=6)
        .scale(domain=[feature.label for feature in summary.features]),
    )
    colours = alt.Color("distance:Q", legend=None).scale(
        domain=[-FURTHEST, 0, FURTHEST],
        range=[theme.below, theme.page, theme.above],
        clamp=True,
        interpolate="rgb",
    )
    cells = base.mark_rect(stroke=theme.grid, strokeWidth=1).encode(color=colours)
    chart: Any = cells
    if cell >= ROOM:
        strong = alt.when("datum.faint").then(alt.value(theme.text))
        numbers = base.mark_text(fontSize=11).encode(
            text="written:N", color=strong.otherwise(alt.value(theme.page))
        )
        chart = cells + numbers
    return finish(
        chart.properties(width=cell * len(summary.segments), height=24 * len(summary.features)),
        theme,
        "A heat map: for each feature and segment, how many standard deviations the mean of the "
        "segment lies above or below the mean of all rows.",
    )
