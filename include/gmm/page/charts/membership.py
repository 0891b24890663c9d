"""How sure the segments are of their rows, and which are confused with which."""

from __future__ import annotations

from typing import Any

import altair as alt

from include.gmm.page.charts.theme import (
    MANY,
    WIDTH,
    Theme,
    data,
    finish,
    segment_colours,
)
from include.gmm.summary import HISTOGRAM_BINS, Summary

SATURATED = 0.75  # from which a cell needs its number in the colour of the page
TITLES = 160  # pixels that the title of an axis takes
READABLE = 9  # segments up to which a number fits into each cell


def membership(summary: Summary, theme: Theme) -> Any:
    """One histogram per segment: how probable its rows are to belong to it."""
    rows = [
        {
            "segment": segment.number,
            "low": place / HISTOGRAM_BINS,
            "high": (place + 1) / HISTOGRAM_BINS,
            "share": count / max(segment.rows, 1),
        }
        for segment in summary.segments
        for place, count in enumerate(segment.histogram)
    ]
    tallest = max(row["share"] for row in rows) or 1
    bars = (
        alt.Chart(data(rows))
        .mark_bar()
        .encode(
            x=alt.X("low:Q", bin="binned", title="Membership probability")
            .axis(format="%", values=[0, 0.2, 0.4, 0.6, 0.8, 1])
            .scale(domain=[0, 1]),
            x2="high:Q",
            # One label a row: two would collide with those of the row above.
            y=alt.Y("share:Q", title=None)
            .axis(format=".0%", values=[tallest], grid=False)
            .scale(domain=[0, tallest], nice=False),
            color=segment_colours(summary, theme),
        )
        .properties(width=WIDTH - 20, height=36 if len(summary.segments) <= MANY else 16)
    )
    rows_of_panels = alt.Row("segment:O", title="Segment").header(
        labelAngle=0, labelAlign="right", labelPadding=4
    )
    return finish(
        bars.facet(row=rows_of_panels, spacing=8),
        theme,
        "A histogram for each segment: the membership probability of its rows.",
    )


def confusion(summary: Summary, theme: Theme) -> Any:
    """A cell for each pair: the mean probability of segment j among the rows assigned to i."""
    numbers = [segment.number for segment in summary.segments]
    rows = [
        {
            "segment": segment.number,
            "other": number,
            "probability": probability,
            "written": f"{100 * probability:.0f}",
            "light": probability < SATURATED,
        }
        for segment in summary.segments
        for number, probability in zip(numbers, segment.mean_memberships, strict=False)  # or empty
    ]
    # Few cells are larger, so that the titles beside them have room.
    cell = min(max(48, TITLES // len(numbers)), (WIDTH - 40) // len(numbers))
    base = alt.Chart(data(rows)).encode(
        x=alt.X("other:O", title="Mean probability of segment")
        .axis(labelAngle=0, orient="top", ticks=False, domain=False, labelOverlap=True)
        .scale(domain=numbers),
        y=alt.Y("segment:O", title="among rows assigned to")
        .axis(ticks=False, domain=False, labelOverlap=True)
        .scale(domain=numbers),
    )
    cells = base.mark_rect(stroke=theme.grid, strokeWidth=1).encode(
        color=alt.Color("probability:Q", legend=None).scale(
            domain=[0, 1], range=[theme.page, theme.below], interpolate="rgb"
        )
    )
    chart: Any = cells
    if len(numbers) <= READABLE:
        light = alt.when("datum.light").then(alt.value(theme.text))
        chart = cells + base.mark_text(fontSize=11).encode(
            text="written:N", color=light.otherwise(alt.value(theme.page))
        )
    return finish(
        chart.properties(width=cell * len(numbers), height=cell * len(numbers)),
        theme,
        "A heat map: the mean probability, in percent, of each segment among the rows that are "
        "assigned to each segment.",
    )
