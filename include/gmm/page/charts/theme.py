"""How charts look: colours for a light and a dark page, fonts, and what all of them share.

Charts have no background of their own, and never put text of the user where Vega would read it as
anything but text. Colour never says anything alone: segments carry their numbers, covariance types
their symbols.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import altair as alt

from include.gmm.summary import Summary

ThemeName = Literal["light", "dark"]

WIDTH = 380  # of the plotting area, in pixels; axes and labels come on top
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"  # alike in width wherever they are there
MANY = 12  # segments; beyond, rows are drawn closer together


@dataclass(frozen=True)
class Theme:
    """The colours of a chart on a page of that theme.

    Every two colours of a palette differ by 19 or more in CIE Lab, also to eyes without one of
    the three cones, and each has a contrast of 3 or more to the page.
    """

    text: str
    faint: str
    grid: str
    below: str
    above: str
    page: str
    palette: tuple[str, ...]

    def segment(self, number: int) -> str:
        """The colour of a segment, the same wherever it is drawn; it comes again every seven."""
        return self.palette[(number - 1) % len(self.palette)]


_ON_LIGHT = ("#0165a9", "#e56508", "#00a964", "#bb377c", "#332288", "#8d662c", "#0a8bff")
_ON_DARK = ("#6488dc", "#f98819", "#2cb673", "#d08ab4", "#a05cff", "#e2e08a", "#a7efff")
THEMES: dict[ThemeName, Theme] = {
    "light": Theme(
        text="#161d2d",
        faint="#3e5873",
        grid="#dee3ea",
        below="#0165a9",
        above="#d4600a",
        page="#ffffff",
        palette=_ON_LIGHT,
    ),
    "dark": Theme(
        text="#f8fafd",
        faint="#a3afbe",
        grid="#2f3e53",
        below="#5b9bd8",
        above="#f98819",
        page="#161d2d",
        palette=_ON_DARK,
    ),
}


def data(rows: list[dict[str, Any]]) -> alt.InlineData:
    """Rows as they are, so that Altair neither samples nor guesses types."""
    return alt.InlineData(values=rows)


def segments_axis(title: str | None = "Segment") -> alt.Y:
    """One row for each segment, from the first down."""
    return alt.Y("segment:O", title=title).axis(ticks=False, domain=False, grid=False)


def segment_colours(summary: Summary, theme: Theme) -> alt.Color:
    """Each segment in its own colour; its number stands beside it, so there is no legend."""
    numbers = [segment.number for segment in summary.segments]
    return alt.Color("segment:O", legend=None).scale(
        domain=numbers, range=[theme.segment(number) for number in numbers]
    )


def step(summary: Summary) -> int:
    """Pixels for each segment along an axis of segments."""
    return 22 if len(summary.segments) <= MANY else 16


def finish(chart: Any, theme: Theme, description: str) -> Any:
    """Dress the chart for the page that it stands on; the description is what is read aloud."""
    words: dict[str, Any] = {"titleColor": theme.text, "titleFontWeight": "normal"}
    words |= {"titleFontSize": 12, "labelFontSize": 11, "labelColor": theme.text}
    lines = {"gridColor": theme.grid, "domainColor": theme.grid, "tickColor": theme.grid}
    return chart.properties(description=description).configure(
        background="#00000000",
        font=FONT,
        padding=6,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(**words | lines),
        header=alt.HeaderConfig(**words),
        legend=alt.LegendConfig(**words, orient="bottom"),
        title=alt.TitleConfig(
            color=theme.text, subtitleColor=theme.faint, subtitleFontSize=10, anchor="start"
        ),
        text=alt.MarkConfig(color=theme.text, fontSize=11),
    )
