"""How a segmentation changed from run to run. Runs stand side by side, the oldest first.

Unlike the charts of one summary, these are made without the lock of `include.gmm.page.vega`: they
hand axes and scales over as arguments, and so never touch what Altair keeps in its classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any

import altair as alt

from include.gmm.page.charts.theme import WIDTH, Theme, data, finish
from include.gmm.page.history import Version
from include.gmm.summary import Summary

HEIGHT = 180
FEW = 12  # runs; with more, bars are too narrow for numbers
ROOM = 0.07  # share of the rows from which on a part of a bar has room for its number


def segments(versions: Sequence[Version], theme: Theme) -> Any:
    """The number of segments of each run."""
    rows: list[dict[str, Any]] = [
        {"run": run, "segments": summary.n_components} for run, summary in _oldest_first(versions)
    ]
    most = max(row["segments"] for row in rows)
    base = alt.Chart(data(rows)).encode(
        x=_runs(rows),
        y=alt.Y(
            "segments:Q",
            title="Segments",
            axis=alt.Axis(format="d", tickMinStep=1, tickCount=5),
            scale=alt.Scale(domain=[0, most + 1], nice=False),
        ),
        tooltip=[
            alt.Tooltip("run:N", title="Run"),
            alt.Tooltip("segments:Q", title="Segments"),
        ],
    )
    line = base.mark_line(color=theme.faint, size=1.5)
    points = base.mark_point(color=theme.palette[0], filled=True, size=50, opacity=1)
    return _dressed(line + points, theme, "A line: the number of segments of each run.")


def sureness(versions: Sequence[Version], theme: Theme) -> Any:
    """How sure each run's mixture is of its rows, and of how many it is not."""
    measures = ["Mean largest membership probability", "Rows in doubt"]
    rows: list[dict[str, Any]] = []
    for run, summary in _oldest_first(versions):
        told = summary.evaluation
        values = (told.mean_largest_probability, told.share_below_60_percent)
        rows += [
            {"run": run, "measure": measure, "share": share}
            for measure, share in zip(measures, values, strict=True)
        ]
    colours = alt.Scale(domain=measures, range=[theme.palette[0], theme.palette[1]])
    base = alt.Chart(data(rows)).encode(
        x=_runs(rows),
        y=alt.Y(
            "share:Q",
            title=None,
            axis=alt.Axis(format="%", tickCount=5),
            scale=alt.Scale(domain=[0, 1]),
        ),
        color=alt.Color("measure:N", title=None, scale=colours, legend=_legend(columns=1)),
        tooltip=[
            alt.Tooltip("run:N", title="Run"),
            alt.Tooltip("measure:N", title="Measure"),
            alt.Tooltip("share:Q", title="Value", format=".1%"),
        ],
    )
    points = base.mark_point(filled=True, size=50, opacity=1).encode(
        shape=alt.Shape("measure:N", title=None, scale=alt.Scale(domain=measures))
    )
    return _dressed(
        base.mark_line(size=1.5) + points,
        theme,
        "Two lines: the mean largest membership probability of each run, and its share of rows "
        "that no segment claims with 60 %.",
    )


def shares(versions: Sequence[Version], theme: Theme) -> Any:
    """The segments of each run as parts of one bar, in the order of their numbers."""
    rows: list[dict[str, Any]] = []
    for run, summary in _oldest_first(versions):
        low = 0.0
        for segment in sorted(summary.segments, key=lambda each: each.number):
            high = low + segment.share
            place = {"low": low, "middle": (low + high) / 2, "high": high}
            rows.append({"run": run, "segment": segment.number, "share": segment.share, **place})
            low = high
    numbers = sorted({row["segment"] for row in rows})
    colours = alt.Scale(domain=numbers, range=[theme.segment(number) for number in numbers])
    base = alt.Chart(data(rows)).encode(
        x=_runs(rows),
        y=alt.Y(
            "low:Q",
            title="Share of all rows",
            axis=alt.Axis(format="%", tickCount=5),
            scale=alt.Scale(domain=[0, 1], nice=False),
        ),
        tooltip=[
            alt.Tooltip("run:N", title="Run"),
            alt.Tooltip("segment:O", title="Segment"),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
        ],
    )
    chart: Any = base.mark_bar(stroke=theme.page, strokeWidth=1).encode(
        y2="high:Q",
        color=alt.Color("segment:O", title="Segment", scale=colours, legend=_legend(columns=10)),
    )
    if len(versions) <= FEW:
        # Behind each number the colour of the page: no palette has a contrast to text throughout.
        wide = base.transform_filter(f"datum.share >= {ROOM}").encode(y="middle:Q")
        chart += wide.mark_point(
            shape="circle", filled=True, size=260, color=theme.page, opacity=1
        ) + wide.mark_text(fontSize=11).encode(text="segment:O")
    return _dressed(chart, theme, "Stacked bars: the share of rows of each segment in each run.")


CHARTS: dict[str, Callable[[Sequence[Version], Theme], Any]] = {
    "segments": segments,
    "sureness": sureness,
    "shares": shares,
}


def _oldest_first(versions: Sequence[Version]) -> list[tuple[str, Summary]]:
    """Each summary under the day of its run; by the minute, and counted, where days are alike."""
    days = {version.date.astimezone(UTC).date() for version in versions}
    form = "%Y-%m-%d" if len(days) == len(versions) else "%Y-%m-%d %H:%M"
    seen: Counter[str] = Counter()
    named = []
    for version in reversed(versions):
        date = version.date.astimezone(UTC).strftime(form)
        seen[date] += 1
        named.append((date if seen[date] == 1 else f"{date} ({seen[date]})", version.summary))
    return named


def _runs(rows: Sequence[dict[str, Any]]) -> alt.X:
    return alt.X(
        "run:O",
        title="Run (UTC)",
        sort=None,
        axis=alt.Axis(labelAngle=-40, labelOverlap=True, labelLimit=150, grid=False, ticks=False),
        scale=alt.Scale(domain=list(dict.fromkeys(row["run"] for row in rows))),
    )


def _legend(columns: int) -> alt.Legend:
    return alt.Legend(
        orient="bottom", columns=columns, symbolOpacity=1, labelLimit=WIDTH, symbolLimit=100
    )


def _dressed(chart: Any, theme: Theme, description: str) -> Any:
    return finish(chart.properties(width=WIDTH, height=HEIGHT), theme, description)
