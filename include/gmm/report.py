"""A summary as tables for a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from include.gmm.summary import Summary


def render(summary: Summary) -> RenderableType:
    """The headline, the segments with their profiles, and what to be wary of."""
    evaluation = summary.evaluation
    headline = Text.assemble(
        (f"{summary.n_components} segments", "bold"),
        f" ({summary.covariance_type} covariances) of {summary.rows:,} rows. {summary.rule}\n",
        f"Mean largest membership probability {evaluation.mean_largest_probability:.1%}; "
        f"below 60 % for {evaluation.share_below_60_percent:.1%} of the rows. ",
        f"Log-likelihood per row {evaluation.log_likelihood_per_row_fitted:.3f} on fitted rows, "
        f"{evaluation.log_likelihood_per_row_held_out:.3f} on held-out ones.",
    )
    table = Table("Segment")
    for segment in summary.segments:
        table.add_column(str(segment.number), justify="right", no_wrap=True)
    table.add_column("All", justify="right", no_wrap=True)
    segments = summary.segments
    table.add_row("Share of rows", *(f"{segment.share:.1%}" for segment in segments), "100%")
    table.add_row("Rows", *(f"{segment.rows:,}" for segment in segments), f"{summary.rows:,}")
    table.add_row(
        "Mean membership probability",
        *(_shown(segment.mean_probability, ".2f") for segment in segments),
        f"{evaluation.mean_largest_probability:.2f}",
        end_section=True,
    )
    for feature in summary.features:
        profile = (_shown(segment.profile[feature.name]) for segment in segments)
        table.add_row(Text(feature.heading), *profile, _shown(feature.mean))
    warnings = [Text(f"Note: {warning}", style="yellow") for warning in summary.warnings]
    return Group(headline, table, *warnings)


def _shown(value: float | None, form: str = ",.3g") -> str:
    return "-" if value is None else format(value, form)
