"""How far data drifted: shares then and now, and the measures from run to run."""

from __future__ import annotations

import re
from datetime import UTC
from typing import Any

import altair as alt

from include.gmm.drift import Drift, FeatureDrift
from include.gmm.page.charts.theme import WIDTH, Theme, data, finish
from include.gmm.page.drift_pages import DriftHistory, bins, heading, verdict

ACROSS = 270  # pixels for shares, beside the names of bins
LABELS = 150  # pixels at most for those
STEP = 22  # pixels for each bin or segment
PANEL = 60  # pixels of height for each measure over time
SHARES = "Share of rows: bars now, strokes then"
FEATURE = re.compile(r"drift-feature-([0-9]{1,3})")  # by its place in the mixture


def draw(drift: Drift, name: str, theme: Theme) -> Any:
    """The chart of that name, or None if there is none."""
    if name == "drift-segments":
        return segments(drift, theme)
    asked = FEATURE.fullmatch(name)
    if asked is None or int(asked[1]) >= len(drift.features):
        return None
    return feature(drift.features[int(asked[1])], theme)


def feature(drift: FeatureDrift, theme: Theme) -> Any:
    """The share of rows in each bin of a feature: bars now, strokes then."""
    names = bins(drift)
    rows = [
        {"part": name, "then": then, "now": now}
        for name, then, now in zip(names, drift.then, drift.now, strict=True)
    ]
    return _shares(
        rows,
        alt.Y(
            "part:N",
            title=heading(drift),
            sort=None,
            axis=_parts(labelLimit=LABELS),
            scale=alt.Scale(domain=names),
        ),
        alt.value(theme.palette[0]),
        theme,
        "Bars: the share of rows in each bin of a feature now. Strokes: the share when the "
        "version was fitted.",
    )


def segments(drift: Drift, theme: Theme) -> Any:
    """The share of rows of each segment: bars now, strokes then."""
    numbers = sorted(each.number for each in drift.segments)
    rows = [{"part": each.number, "then": each.then, "now": each.now} for each in drift.segments]
    return _shares(
        rows,
        alt.Y(
            "part:O",
            title="Segment",
            axis=_parts(),
            scale=alt.Scale(domain=numbers),
        ),
        alt.Color(
            "part:O",
            legend=None,
            scale=alt.Scale(domain=numbers, range=[theme.segment(number) for number in numbers]),
        ),
        theme,
        "Bars: the share of rows of each segment now. Strokes: the share when the version was "
        "fitted.",
    )


def measures(history: DriftHistory, theme: Theme) -> Any:
    """Each measure of each run as a multiple of its threshold, the oldest run first."""
    titles = history.measures
    rows = [
        {
            "run": f"{run.date.astimezone(UTC):%Y-%m-%d %H:%M}",
            "place": place,
            "measure": titles[measure.kind, measure.name],
            "version": run.drift.version,
            "multiple": measure.multiple,
            "limit": 1,
            "value": measure.value,
            "threshold": measure.threshold,
            "verdict": verdict(measure.breached),
        }
        for place, run in enumerate(reversed(history.monitored))
        for measure in run.drift.measures
    ]
    verdicts = [verdict(breached) for breached in (False, True)]
    base = alt.Chart().encode(
        x=alt.X(
            "place:O",
            title="Run (UTC)",
            axis=alt.Axis(
                labelExpr=_days(history),
                labelAngle=-40,
                labelOverlap=True,
                labelLimit=150,
                grid=False,
                ticks=False,
            ),
            scale=alt.Scale(domain=list(range(len(history.monitored)))),
        ),
        y=alt.Y("multiple:Q", title=None, axis=alt.Axis(format=".3~g", tickCount=3)),
        tooltip=[
            alt.Tooltip("run:N", title="Run"),
            alt.Tooltip("measure:N", title="Measure"),
            alt.Tooltip("value:Q", title="Value", format=".3g"),
            alt.Tooltip("threshold:Q", title="Threshold", format="~g"),
            alt.Tooltip("verdict:N", title="Verdict"),
            alt.Tooltip("version:N", title="Champion"),
        ],
    )
    colours = alt.Scale(domain=verdicts, range=[theme.palette[0], theme.above])
    shapes = alt.Scale(domain=verdicts, range=["circle", "triangle-up"])
    points = base.mark_point(filled=True, size=60, opacity=1).encode(
        color=alt.Color("verdict:N", title=None, scale=colours),
        shape=alt.Shape("verdict:N", title=None, scale=shapes),
    )
    # One rule in each panel, and none for every row. It is no news to whom the chart is read aloud.
    limit = (
        alt.Chart()
        .mark_rule(color=theme.faint, strokeDash=[4, 3], aria=False)
        .encode(y=alt.Y("min(limit):Q", title=None))
    )
    # Another champion is another comparison: its values are no continuation of those before.
    lines = base.mark_line(color=theme.faint, size=1.5).encode(detail="version:N")
    panels = alt.layer(limit, lines, points, data=data(rows)).properties(width=WIDTH, height=PANEL)
    by_measure = alt.Row(
        "measure:N",
        title="Multiple of the threshold, which is the line at 1",
        sort=list(titles.values()),
        header=alt.Header(labelOrient="top", labelAnchor="start", labelPadding=0, labelLimit=WIDTH),
    )
    return finish(
        panels.facet(row=by_measure, spacing=12).resolve_scale(y="independent"),
        theme,
        "A line for each measure: its value in each run as a multiple of its threshold. "
        "Triangles are breaches. Lines break where another champion took over.",
    )


def _shares(
    rows: list[dict[str, Any]], parts: alt.Y, colours: Any, theme: Theme, description: str
) -> Any:
    """Bars of `now` with strokes at `then`, one of each for every part."""
    widest = max(max(row["then"], row["now"]) for row in rows)
    base = alt.Chart(data(rows)).encode(
        y=parts,
        tooltip=[
            alt.Tooltip("part:N", title="Part"),
            alt.Tooltip("then:Q", title="Then", format=".1%"),
            alt.Tooltip("now:Q", title="Now", format=".1%"),
        ],
    )
    share = alt.X(
        "now:Q",
        title=SHARES,
        axis=alt.Axis(format="%", tickCount=5),
        scale=alt.Scale(domain=[0, 1.05 * widest], nice=False),
    )
    bars = base.mark_bar(height={"band": 0.7}).encode(x=share, color=colours)
    strokes = base.mark_tick(
        orient="vertical",
        color=theme.text,
        thickness=4,
        height={"band": 0.9},
        opacity=1,
        stroke=theme.page,  # an edge, for no palette has a contrast to the text throughout
        strokeWidth=1,
    ).encode(x=alt.X("then:Q", title=SHARES))
    return finish(
        (bars + strokes).properties(width=ACROSS, height=alt.Step(STEP)), theme, description
    )


def _parts(**more: Any) -> alt.Axis:
    """The names of bins or segments beside their bars."""
    return alt.Axis(ticks=False, domain=False, grid=False, labelPadding=5, **more)


def _days(history: DriftHistory) -> str:
    """A Vega expression of what to write at the place of each run: dates, no text of the user."""
    dates = [run.date.astimezone(UTC) for run in reversed(history.monitored)]
    form = "%Y-%m-%d" if len({date.date() for date in dates}) == len(dates) else "%Y-%m-%d %H:%M"
    return f"{[date.strftime(form) for date in dates]}[datum.value]"
