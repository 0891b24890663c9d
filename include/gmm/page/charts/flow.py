"""Where the rows of the champion's segments go: an alluvial diagram (Rosvall & Bergstrom 2010)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from include.gmm.page.charts.theme import WIDTH, Theme, data, finish
from include.gmm.summary import Summary

Array = NDArray[np.float64]

LEAST = 0.002  # share of all rows from which on a ribbon is drawn
ROWS = 260  # pixels for all rows, one upon the other
LABEL = 13  # pixels that a bar takes at least, with the number beside it
GAP = 5  # pixels between two bars
HEAD = 24  # pixels for the headings
STEPS = 9  # places along a ribbon
OPACITY = 0.5  # of ribbons, which cross each other


@dataclass(frozen=True)
class Column:
    """Bars one below the other: ids, heights and upper edges, in pixels."""

    heading: str
    numbers: list[int]
    sizes: list[float]
    tops: list[float]
    left: float  # as a share of the width, like right
    right: float


def flow(summary: Summary, theme: Theme) -> Any:
    """Bars for the champion's segments and for those of this version, and ribbons between them.

    A ribbon is as high as the number of rows that go from one segment to the other, in the colour
    of the champion's. Both columns are in the order of the ids, so that a segment that stays lies
    opposite itself. None where no champion was applied to the rows.
    """
    succession = summary.succession
    counts = np.array(succession.flow, dtype=np.float64)
    if not counts.sum():
        return None
    former = np.array([segment.number for segment in succession.former])
    present = np.array(succession.segment_ids)
    counts = counts[np.ix_(former.argsort(), present.argsort())]
    pixels = counts * (ROWS / counts.sum())
    height = max(_least_height(pixels.sum(axis=1)), _least_height(pixels.sum(axis=0)))
    columns = (
        _column("Champion", former, pixels.sum(axis=1), height, (0.14, 0.18)),
        _column("This version", present, pixels.sum(axis=0), height, (0.82, 0.86)),
    )
    numbers = sorted({*columns[0].numbers, *columns[1].numbers})
    colour = alt.Color("segment:O", legend=None).scale(
        domain=numbers, range=[theme.segment(number) for number in numbers]
    )
    x = alt.X("x:Q", axis=None).scale(domain=[0, 1], nice=False)
    y = alt.Y("y:Q", axis=None).scale(domain=[height, -HEAD], nice=False)
    ribbons = (
        alt.Chart(data(_ribbons(pixels, *columns)))
        .mark_area(interpolate="monotone", opacity=OPACITY)
        .encode(x=x, y=y, y2="y2:Q", color=colour, detail="ribbon:N")
    )
    bars = (
        alt.Chart(data([bar for column in columns for bar in _bars(column)]))
        .mark_rect()
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q", color=colour)
    )
    left = alt.Chart(data(_labels(columns[0], columns[0].left))).mark_text(align="right", dx=-5)
    right = alt.Chart(data(_labels(columns[1], columns[1].right))).mark_text(align="left", dx=5)
    labels = [each.encode(x=x, y=y, text="text:N") for each in (left, right)]
    return finish(
        alt.layer(ribbons, bars, *labels).properties(width=WIDTH, height=height + HEAD),
        theme,
        "Bars for the segments of the champion on the left and of this version on the right, with "
        "ribbons as high as the number of rows that go from the one to the other.",
    )


def _least_height(sizes: Array) -> float:
    """Pixels for bars of these sizes, with room for a number beside each."""
    return float(np.maximum(sizes, LABEL).sum()) + GAP * (len(sizes) - 1)


def _column(
    heading: str, ids: NDArray[np.int64], sizes: Array, height: float, between: tuple[float, float]
) -> Column:
    """Bars in the order of their ids, so far apart that the column takes the whole height."""
    spare = height - _least_height(sizes)
    gap = GAP + spare / max(len(sizes) - 1, 1)
    begin = spare / 2 if len(sizes) == 1 else 0.0
    tops = []
    for size in sizes.tolist():
        room = max(size, LABEL)
        tops.append(begin + (room - size) / 2)
        begin += room + gap
    return Column(heading, sorted(ids.tolist()), sizes.tolist(), tops, *between)


def _bars(column: Column) -> list[dict[str, Any]]:
    across = {"x": column.left, "x2": column.right}
    return [
        {**across, "y": top, "y2": top + size, "segment": number}
        for number, size, top in zip(column.numbers, column.sizes, column.tops, strict=True)
    ]


def _labels(column: Column, x: float) -> list[dict[str, Any]]:
    heading = {"x": x, "y": -HEAD / 2, "text": column.heading}
    return [heading] + [
        {"x": x, "y": top + size / 2, "text": f"{number}: {100 * size / ROWS:.1f} %"}
        for number, size, top in zip(column.numbers, column.sizes, column.tops, strict=True)
    ]


def _ribbons(pixels: Array, former: Column, present: Column) -> list[dict[str, Any]]:
    """Both edges of each ribbon at some places along it. What is left out keeps its room."""
    begins = [_stacked(top, row) for top, row in zip(former.tops, pixels.tolist(), strict=True)]
    ends = [_stacked(top, row) for top, row in zip(present.tops, pixels.T.tolist(), strict=True)]
    along = np.linspace(0, 1, STEPS)
    smooth = along**2 * (3 - 2 * along)  # level where it leaves a bar and where it meets one
    across = (former.right + along * (present.left - former.right)).round(3).tolist()
    points = []
    for row, column in np.argwhere(pixels >= LEAST * ROWS).tolist():
        upper = begins[row][column] + smooth * (ends[column][row] - begins[row][column])
        number = former.numbers[row]
        known = {"ribbon": f"{number} {present.numbers[column]}", "segment": number}
        edges = zip(upper.tolist(), (upper + pixels[row, column]).tolist(), strict=True)
        points += [
            {**known, "x": x, "y": round(y, 1), "y2": round(y2, 1)}
            for x, (y, y2) in zip(across, edges, strict=True)
        ]
    return points


def _stacked(top: float, sizes: Sequence[float]) -> list[float]:
    """Where each ribbon of a bar begins, one below the other."""
    return list(accumulate(sizes[:-1], initial=top))
