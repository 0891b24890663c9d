"""The pages of what monitoring found: of one run, and over time."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from include.gmm.drift import Drift, FeatureDrift, Measure
from include.gmm.page import vega, words
from include.gmm.page.history import Run
from include.gmm.page.pages import environment
from include.gmm.summary import with_unit

if TYPE_CHECKING:
    from include.gmm.page.charts import ThemeName

_VERDICTS = {True: "breach", False: "no breach"}


@dataclass(frozen=True, kw_only=True)
class Monitored(Run):
    """A run with the drift that it measured."""

    drift: Drift

    def measure(self, kind: str, name: str) -> Measure | None:
        """The measure of that kind and name, where this run has it."""
        found = (each for each in self.drift.measures if (each.kind, each.name) == (kind, name))
        return next(found, None)


@dataclass(frozen=True)
class Monitor:
    """A DAG that monitors, and the newest of its runs that left a measurement."""

    dag_id: str
    newest: Run | None

    @property
    def drift(self) -> Drift | None:
        """That measurement, where it can be read."""
        return self.newest.drift if isinstance(self.newest, Monitored) else None

    @property
    def quoted(self) -> str:
        """The id of the DAG as a part of an address."""
        return quote(self.dag_id, safe="")


@dataclass(frozen=True)
class DriftHistory:
    """The newest runs of a DAG that monitors, the newest first."""

    dag_id: str
    runs: list[Run]
    left_out: int  # older runs

    @property
    def monitored(self) -> list[Monitored]:
        """The runs that left a measurement, the newest first."""
        return [run for run in self.runs if isinstance(run, Monitored)]

    @property
    def title(self) -> str:
        """What the newest measurement calls the segmentation."""
        return self.monitored[0].drift.title if self.monitored else self.dag_id

    @property
    def measures(self) -> dict[tuple[str, str], str]:
        """What to call the measures of all runs, by kind and name; no two are called alike."""
        labels = {
            (measure.kind, measure.name): measure.label
            for run in reversed(self.monitored)  # the newest label is the one that stays
            for measure in run.drift.measures
        }
        uses = Counter(labels.values())
        return {
            (kind, name): label if uses[label] == 1 else f"{label} ({name})"
            for (kind, name), label in labels.items()
        }


def verdict(breached: bool) -> str:
    """The word by which pages and charts call it."""
    return _VERDICTS[breached]


def bins(feature: FeatureDrift) -> list[str]:
    """What to call the bins of a feature, in order; no two are called alike."""
    edges = [_edge(edge) for edge in feature.edges]
    if len(set(edges)) < len(edges):
        edges = [f"{edge:,}".replace("-", "\N{MINUS SIGN}") for edge in feature.edges]
    if not edges:
        return ["all values"]
    between = [f"over {low} to {high}" for low, high in itertools.pairwise(edges)]
    return [f"up to {edges[0]}", *between, f"over {edges[-1]}"]


def heading(feature: FeatureDrift) -> str:
    """As that of a feature in a summary."""
    return with_unit(feature.label, feature.unit)


def _edge(value: float) -> str:
    whole = value.is_integer() and abs(value) < 1e12
    return words.fixed(value, 0) if whole else words.number(value)


for _filter in (verdict, bins, heading):
    environment.filters[_filter.__name__] = _filter


def run(found: Drift) -> str:
    """What one run of monitoring measured."""
    return environment.get_template("drift.html").render(
        drift=found,
        summary=found,  # by its segmentation figure.html names the files of charts
        root="../../",
        report=None,
    )


def history(found: DriftHistory) -> str:
    """What the runs of a DAG that monitors measured, run by run."""
    return environment.get_template("drift_history.html").render(
        history=found, root="../", report=None
    )


def chart(found: Drift, name: str, theme: ThemeName) -> dict[str, Any] | None:
    """One chart of a run as Vega-Lite; None if there is none of that name.

    The libraries that draw are imported here, when the first chart is asked for.
    """
    from include.gmm.page.charts import THEMES, drift_charts

    return vega.made(lambda: drift_charts.draw(found, name, THEMES[theme]))


def history_chart(found: DriftHistory, name: str, theme: ThemeName) -> dict[str, Any] | None:
    """One chart over time as Vega-Lite; None if there is nothing to draw under that name."""
    from include.gmm.page.charts import THEMES, drift_charts

    if name != "drift-measures" or not found.monitored:
        return None
    return vega.made(lambda: drift_charts.measures(found, THEMES[theme]))
