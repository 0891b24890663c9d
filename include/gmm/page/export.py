"""A summary as files to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from include.gmm.page.pages import report
from include.gmm.summary import Summary

__all__ = ["report", "sample_csv", "segments_csv"]

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with these a spreadsheet takes text for a formula


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
