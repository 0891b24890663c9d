"""A summary as files to take away."""

from __future__ import annotations

import base64
import csv
import io
import itertools
from collections.abc import Iterable, Sequence

from include.gmm.page import static_files, vega
from include.gmm.page.pages import THEME_NAMES, environment, what_if_parameters
from include.gmm.summary import Summary

FIGURES = ("shares", "flow", "membership", "confusion", "map", "profiles", "bic", "icl", "aic")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with these a spreadsheet takes text for a formula


def report(summary: Summary) -> str:
    """The page of the clusters as one file that needs nothing else, with its charts in both themes.

    In the place of a chart that cannot be drawn the page says so; its numbers stand beside it.
    """
    charts = {
        f"{name}.{theme}": chart
        for name, theme in itertools.product(FIGURES, THEME_NAMES)
        if (chart := vega.specification(summary, name, theme)) is not None
    }
    drawn = {
        name: _as_data(svg.encode(), "image/svg+xml")
        for name, svg in zip(charts, vega.as_svgs(list(charts.values())), strict=True)
        if svg is not None
    }
    return environment.get_template("clusters.html").render(
        summary=summary,
        status=None,
        champion=None,
        root="",
        report={
            "styles": static_files.content("page.css").decode(),
            "scripts": [
                static_files.content(name).decode()
                for name in ("airflow.js", *static_files.WHAT_IF)
            ],
            "charts": drawn,
            "summary": _as_data(summary.model_dump_json(indent=2).encode(), "application/json"),
        },
        what_if=what_if_parameters(summary),
    )


def segments_csv(summary: Summary) -> str:
    """One line for each segment: sizes, mean membership probabilities, and means of all columns."""
    numbers = [segment.number for segment in summary.segments]
    heading = [
        "segment",
        "name",
        "rows",
        "share",
        "weight",
        "mean_probability",
        *(f"mean_probability_of_{number}" for number in numbers),
        *(f"mean_{feature.name}" for feature in summary.features),
    ]
    lines = (
        [
            segment.number,
            segment.name,
            segment.rows,
            segment.share,
            segment.weight,
            segment.mean_probability,
            *_filled(segment.mean_memberships, len(numbers)),
            *(segment.profile.get(feature.name) for feature in summary.features),
        ]
        for segment in summary.segments
    )
    return _csv(heading, lines)


def sample_csv(summary: Summary) -> str:
    """The rows that the map shows."""
    names = [feature.name for feature in summary.features if feature.in_mixture]
    sample = summary.sample
    lines = (
        [*values, segment, probability]
        for values, segment, probability in zip(
            sample.values, sample.segments, sample.probabilities, strict=True
        )
    )
    return _csv([*names, "segment", "probability"], lines)


def _filled(values: Sequence[object], length: int) -> Sequence[object]:
    """As many cells as there should be, where a segment without rows has none."""
    return values or [None] * length


def _csv(heading: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written)
    for line in (heading, *lines):
        writer.writerow(_harmless(cell) for cell in line)
    return written.getvalue()


def _harmless(cell: object) -> object:
    """Text that a spreadsheet would compute gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _as_data(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
