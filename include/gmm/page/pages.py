"""Templates, rendered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from include.gmm.page import static_files, words
from include.gmm.page.reason import NoSummary
from include.gmm.page.status import Champion, Status
from include.gmm.summary import HISTOGRAM_BINS, Summary

if TYPE_CHECKING:
    from include.gmm.page.charts import ThemeName

THEME_NAMES: tuple[ThemeName, ...] = ("light", "dark")

environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,  # of everything: DAGs, columns and labels are named by people
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.globals["shapes"] = words.SHAPES
environment.globals["bins"] = [
    f"{100 * place // HISTOGRAM_BINS}\N{EN DASH}{100 * (place + 1) // HISTOGRAM_BINS} %"
    for place in range(HISTOGRAM_BINS)
]
environment.globals["asset"] = static_files.address
environment.globals["scripts"] = static_files.WHAT_IF
for _filter in (
    words.count,
    words.percent,
    words.number,
    words.fixed,
    words.against_mean,
    words.centre,
    words.distance,
    words.distinctive,
    words.tint,
    words.colour,
    words.short,
    words.title,
    words.when,
    words.newcomers,
    words.retired,
):
    environment.filters[_filter.__name__] = _filter


def clusters(
    summary: Summary, status: Status | None = None, champion: Champion | None = None
) -> str:
    """The page of a run that found clusters, with what became of its version."""
    return environment.get_template("clusters.html").render(
        summary=summary,
        status=status,
        champion=champion,
        root="../../",
        report=None,
        what_if=what_if_parameters(summary),
    )


def message(reason: NoSummary, root: str = "../../") -> str:
    """The page that says why there are no clusters to see; root leads to the plugin's own."""
    return environment.get_template("message.html").render(reason=reason, root=root, report=None)


def what_if_parameters(summary: Summary) -> str:
    """What `what_if.js` computes membership probabilities from."""
    features = [feature for feature in summary.features if feature.in_mixture]
    return json.dumps(
        {
            "type": summary.covariance_type,
            "weights": summary.mixture.weights,
            "means": summary.mixture.means,
            "covariances": summary.mixture.covariances,
            "features": [
                {
                    "names": [feature.heading, feature.label, feature.name],
                    "unit": feature.unit,
                    "transform": feature.transform,
                    "centre": feature.centre,
                    "scale": feature.scale,
                }
                for feature in features
            ],
            "least": summary.evaluation.least_log_density,
        }
    )
