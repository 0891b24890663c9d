"""A summary as tables for a terminal."""

from __future__ import annotations

import textwrap

from rich.console import Console, Group
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from include.gmm.summary import SegmentSummary, Summary

WIDEST = 10_000  # characters
NAME_WIDTH = 10  # characters: a column with a name is little wider than one with numbers


def render(summary: Summary) -> Group:
    """The headline, the segments with their profiles, and what to be wary of."""
    evaluation = summary.evaluation
    headline = Text.assemble(
        (f"{summary.n_components} segments", "bold"),
        f" ({summary.covariance_type} covariances) of {summary.rows:,} rows. {summary.rule} "
        f"{summary.lead}\n",
        f"Mean largest membership probability {_percent(evaluation.mean_largest_probability)}; "
        f"below 60 % for {_percent(evaluation.share_below_60_percent)} of the rows. ",
        f"Log-likelihood per row {evaluation.log_likelihood_per_row_fitted:.3f} on fitted rows, "
        f"{evaluation.log_likelihood_per_row_held_out:.3f} on held-out ones.",
    )
    table = Table("Segment")
    for segment in summary.segments:
        table.add_column(_heading(segment), justify="right", no_wrap=True)
    table.add_column("All", justify="right", no_wrap=True)
    segments = summary.segments
    table.add_row("Share of rows", *(_percent(segment.share) for segment in segments), "100 %")
    table.add_row("Rows", *(f"{segment.rows:,}" for segment in segments), f"{summary.rows:,}")
    table.add_row(
        "Mean membership probability",
        *(_probability(segment.mean_probability) for segment in segments),
        _probability(evaluation.mean_largest_probability),
        end_section=True,
    )
    for feature in summary.features:
        profile = (_mean(segment.profile[feature.name]) for segment in segments)
        table.add_row(Text(feature.heading), *profile, _mean(feature.mean))
    warnings = [Text(f"Note: {warning}", style="yellow") for warning in summary.cautions]
    return Group(headline, table, *warnings)


def show_all(console: Console, shown: Group) -> None:
    """Print texts and tables without cutting anything off, whatever the width of the terminal.

    Where it is too narrow for a table, its own wrapping shows all of it; a file or another program
    has no width.
    """
    for each in shown.renderables:
        if not isinstance(each, Table):
            console.print(each)
            continue
        for column in each.columns:
            if column.no_wrap:
                cells = (console.measure(cell) for cell in (column.header, *column.cells))
                column.min_width = max(cell.maximum for cell in cells)
        width = Measurement.get(console, console.options.update(max_width=WIDEST), each)
        wanted = width.minimum if console.is_terminal else width.maximum
        # One of its own: none prints anything wider than itself.
        wide = max(console.width, wanted)
        Console(file=console.file, width=wide, force_terminal=console.is_terminal).print(each)


def _heading(segment: SegmentSummary) -> Text:
    """The name in narrow lines, and the number below, where all headings have their last line."""
    return Text("\n".join([*textwrap.wrap(segment.name, NAME_WIDTH), str(segment.number)]))


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _probability(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _mean(value: float | None) -> str:
    """Three significant digits, and all of those before the point."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
