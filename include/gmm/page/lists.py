"""The pages that tell of more than one run, rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from include.gmm.page import comparison, vega
from include.gmm.page.drift import Monitor
from include.gmm.page.pages import environment
from include.gmm.page.past import History, Segmentation, Version, bic, bic_per_row

if TYPE_CHECKING:
    from include.gmm.page.charts import ThemeName


for _filter in (bic, bic_per_row, comparison.decimal):
    environment.filters[_filter.__name__] = _filter


def history(found: History) -> str:
    """The versions of one segmentation, run by run."""
    return environment.get_template("history.html").render(history=found, root="../", report=None)


def compare(left: Version, right: Version) -> str:
    """Two versions side by side."""
    return environment.get_template("compare.html").render(
        left=left,
        right=right,
        figures=comparison.figures(left.summary, right.summary),
        settings=comparison.settings(left.summary, right.summary),
        pairs=comparison.pairs(left.summary, right.summary),
        columns=comparison.columns(left.summary, right.summary),
        root="../",
        report=None,
    )


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
    from include.gmm.page.charts.history import CHARTS

    versions = found.versions
    if name not in CHARTS or not versions:
        return None
    return vega.made(lambda: CHARTS[name](versions, THEMES[theme]))
