"""The charts of a summary: each a pure function from a Summary and a theme to an Altair chart.

Charts are narrow (a phone shows them whole), have no background of their own, and never put text
of the user where Vega would read it as anything but text. Colour never says anything alone:
segments carry their numbers, covariance types their symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt

from include.gmm.summary import HISTOGRAM_BINS, FeatureSummary, Summary

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
    palette: tuple[str, ...]

    def segment(self, number: int) -> str:
        """The colour of a segment, the same wherever it is drawn; it comes again every seven."""
        return self.palette[(number - 1) % len(self.palette)]


_ON_LIGHT = ("#0165a9", "#e56508", "#00a964", "#bb377c", "#332288", "#8d662c", "#0a8bff")
_ON_DARK = ("#6488dc", "#f98819", "#2cb673", "#d08ab4", "#a05cff", "#e2e08a", "#a7efff")
THEMES: dict[ThemeName, Theme] = {
    "light": Theme(text="#161d2d", faint="#3e5873", grid="#dee3ea", palette=_ON_LIGHT),
    "dark": Theme(text="#f8fafd", faint="#a3afbe", grid="#2f3e53", palette=_ON_DARK),
}

COVARIANCE_TYPES = ("diag", "spherical", "tied", "full")  # the order gives each its colour


def shares(summary: Summary, theme: Theme) -> Any:
    """One bar per segment: its share of all rows."""
    rows = [
        {"segment": segment.number, "share": segment.share, "label": f"{segment.share:.1%}"}
        for segment in summary.segments
    ]
    widest = max((segment.share for segment in summary.segments), default=1)
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=_segments_axis(),
        x=alt.X("share:Q", title="Share of all rows")
        .axis(format="%", tickCount=5)
        .scale(domain=[0, 1.15 * widest], nice=False),  # room for the labels
    )
    labels = base.mark_text(align="left", dx=4).encode(text="label:N")
    return _finish(
        (base.mark_bar().encode(color=_segment_colours(summary, theme)) + labels).properties(
            width=WIDTH, height=alt.Step(_step(summary))
        ),
        theme,
    )


def profiles(summary: Summary, theme: Theme) -> Any:
    """One panel per column: its mean in each segment, and a line at its mean over all rows."""
    panels = [_profile(summary, feature, theme) for feature in summary.features]
    return _finish(alt.concat(*panels, columns=2, spacing=16).resolve_scale(color="shared"), theme)


def _profile(summary: Summary, feature: FeatureSummary, theme: Theme) -> Any:
    rows = [
        {"segment": segment.number, "value": value}
        for segment in summary.segments
        if (value := segment.profile.get(feature.name)) is not None
    ]
    largest = max((abs(row["value"]) for row in rows), default=0)
    bars = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            y=_segments_axis(title=None).scale(
                domain=[segment.number for segment in summary.segments]
            ),
            x=alt.X("value:Q", title=None).axis(
                format="~s" if largest >= 10_000 else ",.3~r", tickCount=3, labelOverlap=True
            ),
            color=_segment_colours(summary, theme),
        )
    )
    title = alt.TitleParams(feature.heading, limit=WIDTH // 2, fontSize=12)
    if not feature.in_mixture:
        title.subtitle = "describes only"
    panel = bars
    if feature.mean is not None:
        mean = alt.Chart(alt.InlineData(values=[{"mean": feature.mean}]))
        panel = bars + mean.mark_rule(color=theme.text, strokeDash=[4, 2], size=1.5).encode(
            x="mean:Q"
        )
    return panel.properties(width=WIDTH // 2 - 20, height=alt.Step(_step(summary) - 4), title=title)


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
    tallest = max((row["share"] for row in rows), default=0) or 1
    bars = (
        alt.Chart(alt.InlineData(values=rows))
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
            color=_segment_colours(summary, theme),
        )
        .properties(width=WIDTH - 20, height=36 if len(summary.segments) <= MANY else 16)
    )
    rows_of_panels = alt.Row("segment:O", title="Segment").header(
        labelAngle=0, labelAlign="right", labelPadding=4
    )
    return _finish(bars.facet(row=rows_of_panels, spacing=8), theme)


def bic(summary: Summary, theme: Theme) -> Any:
    """BIC over the number of segments, a line per covariance type.

    Degenerate candidates are crosses beside the lines, kept at the edge where they lie beyond it.
    """
    tried = {candidate.covariance_type for candidate in summary.candidates}
    types = [name for name in COVARIANCE_TYPES if name in tried]
    sound = [candidate.bic for candidate in summary.candidates if not candidate.degenerate]
    low, high = (min(sound), max(sound)) if sound else (0.0, 1.0)
    span = high - low or 1.0
    rows = [
        {
            "k": candidate.n_components,
            "type": candidate.covariance_type,
            "bic": candidate.bic,
            "sound": None if candidate.degenerate else candidate.bic,  # None breaks the line
            # Side by side: crosses at the edge would hide each other.
            "beside": candidate.n_components
            + 0.14 * (types.index(candidate.covariance_type) - (len(types) - 1) / 2),
            "degenerate": candidate.degenerate,
            "chosen": (candidate.n_components, candidate.covariance_type)
            == (summary.n_components, summary.covariance_type),
        }
        for candidate in summary.candidates
    ]
    components = sorted({c.n_components for c in summary.candidates} | {summary.n_components})
    colours = [theme.palette[3 + COVARIANCE_TYPES.index(name)] for name in types]
    in_view = alt.Scale(
        domain=[low - 0.2 * span, high + 0.05 * span], zero=False, nice=False, clamp=True
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("bic:Q", title="BIC (lower is better)", scale=in_view).axis(
            format=",.6~r", tickCount=6
        ),
        color=alt.Color("type:N", title="Covariance").scale(domain=types, range=colours),
    )
    at_k = (
        alt.X("k:Q", title="Number of segments tried (K)")
        .axis(values=components[:: 1 + len(components) // 15], format="d", grid=False)
        .scale(domain=[components[0] - 0.5, components[-1] + 0.5], nice=False)
    )
    lines = base.mark_line(size=1.5).encode(x=at_k, y=alt.Y("sound:Q", scale=in_view))
    points = (
        base.transform_filter("!datum.degenerate")
        .mark_point(filled=True, size=45, opacity=1)
        .encode(x=at_k, shape=alt.Shape("type:N", title="Covariance").scale(domain=types))
    )
    crosses = (
        base.transform_filter("datum.degenerate")
        .mark_text(text="\u00d7", fontSize=15)
        .encode(x="beside:Q")
    )
    chosen = base.transform_filter("datum.chosen").encode(x=at_k, color=alt.value(theme.text))
    ring = chosen.mark_point(size=190, strokeWidth=2, opacity=1)
    word = chosen.mark_text(text="chosen", dy=18, fontWeight="bold")
    return _finish(
        alt.layer(lines, points, crosses, ring, word).properties(width=WIDTH, height=260), theme
    )


CHARTS: dict[str, Callable[[Summary, Theme], Any]] = {
    "shares": shares,
    "profiles": profiles,
    "membership": membership,
    "bic": bic,
}


def _segments_axis(title: str | None = "Segment") -> alt.Y:
    return alt.Y("segment:O", title=title).axis(ticks=False, domain=False, grid=False)


def _segment_colours(summary: Summary, theme: Theme) -> alt.Color:
    numbers = [segment.number for segment in summary.segments]
    return alt.Color("segment:O", legend=None).scale(
        domain=numbers, range=[theme.segment(number) for number in numbers]
    )


def _step(summary: Summary) -> int:
    return 22 if len(summary.segments) <= MANY else 16


def _finish(chart: Any, theme: Theme) -> Any:
    """Dress the chart for the page that it stands on."""
    words: dict[str, Any] = {"titleColor": theme.text, "titleFontWeight": "normal"}
    words |= {"titleFontSize": 12, "labelFontSize": 11, "labelColor": theme.text}
    lines = {"gridColor": theme.grid, "domainColor": theme.grid, "tickColor": theme.grid}
    return chart.configure(
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
