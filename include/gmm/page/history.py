"""The pages of many runs: the history of a segmentation, and the list of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from include.gmm.page import vega
from include.gmm.page.pages import environment
from include.gmm.page.status import Champion, Status
from include.gmm.summary import SegmentSummary, Summary

if TYPE_CHECKING:
    from include.gmm.page.charts import ThemeName
    from include.gmm.page.drift_pages import Monitor

STATES = {
    "queued": "waits to start",
    "running": "is running",
    "success": "succeeded",
    "failed": "failed",
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a DAG; `note` says why it has no summary to tell of, where that is known."""

    run_id: str
    date: datetime
    state: str
    note: str = ""

    @property
    def words(self) -> str:
        """The state as the lists say it."""
        return STATES.get(self.state, self.state)

    @property
    def quoted(self) -> str:
        """The id as a part of an address."""
        return quote(self.run_id, safe="")


@dataclass(frozen=True, kw_only=True)
class Version(Run):
    """A run with the summary that it left, and what became of the version."""

    summary: Summary
    status: Status

    @property
    def by_number(self) -> dict[int, SegmentSummary]:
        """The segments by their numbers."""
        return {segment.number: segment for segment in self.summary.segments}


@dataclass(frozen=True)
class History:
    """The newest runs of a DAG, the newest first."""

    dag_id: str
    runs: list[Run]
    left_out: int  # older runs
    champion: Champion | None = None

    @property
    def versions(self) -> list[Version]:
        """The runs that left a summary, the newest first."""
        return [run for run in self.runs if isinstance(run, Version)]

    @property
    def segments(self) -> list[SegmentSummary]:
        """One for each number, in their order, from the newest version that has it."""
        found: dict[int, SegmentSummary] = {}
        for version in self.versions:
            found = version.by_number | found
        return [found[number] for number in sorted(found)]

    @property
    def title(self) -> str:
        """What the newest summary calls the segmentation."""
        return self.versions[0].summary.title if self.versions else self.dag_id


@dataclass(frozen=True)
class Segmentation:
    """A DAG that trains a segmentation: its newest run, and the newest that left a summary."""

    dag_id: str
    description: str
    latest: Run | None
    version: Run | None
    champion: Champion | None = None

    @property
    def title(self) -> str:
        """What people call it."""
        return (self.summary and self.summary.title) or self.description or self.dag_id

    @property
    def summary(self) -> Summary | None:
        """That of the newest version, where it can be read."""
        return self.version.summary if isinstance(self.version, Version) else None

    @property
    def quoted(self) -> str:
        """The id of the DAG as a part of an address."""
        return quote(self.dag_id, safe="")


def bic(summary: Summary) -> float | None:
    """Of the mixture that was chosen; None where it is not among the candidates."""
    chosen = (summary.n_components, summary.covariance_type)
    found = (c.bic for c in summary.candidates if (c.n_components, c.covariance_type) == chosen)
    return next(found, None)


def bic_per_row(summary: Summary) -> float | None:
    """What compares better than BIC between runs with different numbers of rows."""
    total, rows = bic(summary), summary.evaluation.rows_fitted
    return None if total is None or not rows else total / rows


for _filter in (bic, bic_per_row):
    environment.filters[_filter.__name__] = _filter


def history(found: History) -> str:
    """The versions of one segmentation, run by run."""
    return environment.get_template("history.html").render(history=found, root="../", report=None)


def overview(segmentations: Sequence[Segmentation], monitors: Mapping[str, Monitor]) -> str:
    """All segmentations and where they stand; `monitors` by the DAG whose champion they watch."""
    return environment.get_template("overview.html").render(
        segmentations=segmentations, monitors=monitors, root="", report=None
    )


def chart(found: History, name: str, theme: ThemeName) -> dict[str, Any] | None:
    """One chart of the history as Vega-Lite; None if there is nothing to draw under that name.

    The libraries that draw are imported here, when the first chart is asked for.
    """
    from include.gmm.page.charts import THEMES
    from include.gmm.page.charts.trends import CHARTS

    versions = found.versions
    if name not in CHARTS or not versions:
        return None
    return vega.made(lambda: CHARTS[name](versions, THEMES[theme]))
