"""Which segments of a version are new beside the champion, and which of the champion's are gone."""

from __future__ import annotations

from include.gmm.summary import SegmentSummary, Summary


def newcomers(summary: Summary) -> list[SegmentSummary]:
    """The segments that go on with none of the champion's."""
    former = {segment.number for segment in summary.succession.former}
    return [segment for segment in summary.segments if segment.number not in former]


def retired(summary: Summary) -> list[str]:
    """The champion's segments that none goes on with, by their names, or numbers without one."""
    names = {segment.number: segment.name for segment in summary.succession.former}
    return [names.get(number) or f"Segment {number}" for number in summary.succession.retired]
