"""Templates, rendered."""

from __future__ import annotations

import base64
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from include.gmm.page import assets, succession, vega, words
from include.gmm.page.reason import NoSummary
from include.gmm.page.standing import Champion, Standing
from include.gmm.summary import HISTOGRAM_BINS, Summary

if TYPE_CHECKING:
    from include.gmm.page.charts import ThemeName

FIGURES = ("shares", "flow", "membership", "confusion", "map", "profiles", "bic", "icl", "aic")
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
environment.globals["asset"] = assets.address
environment.globals["scripts"] = assets.WHAT_IF
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
    succession.newcomers,
    succession.retired,
):
    environment.filters[_filter.__name__] = _filter


def clusters(
    summary: Summary, standing: Standing | None = None, champion: Champion | None = None
) -> str:
    """The page of a run that found clusters, with what became of its version."""
    return environment.get_template("clusters.html").render(
        summary=summary,
        standing=standing,
        champion=champion,
        root="../../",
        report=None,
        what_if=_what_if(summary),
    )


def report(summary: Summary) -> str:
    """The same page as one file that needs nothing else, with its charts in both themes.

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
        standing=None,
        champion=None,
        root="",
        report={
            "styles": assets.content("page.css").decode(),
            "scripts": [assets.content(name).decode() for name in ("airflow.js", *assets.WHAT_IF)],
            "charts": drawn,
            "summary": _as_data(summary.model_dump_json(indent=2).encode(), "application/json"),
        },
        what_if=_what_if(summary),
    )


def message(reason: NoSummary, root: str = "../../") -> str:
    """The page that says why there are no clusters to see; root leads to the plugin's own."""
    return environment.get_template("message.html").render(reason=reason, root=root, report=None)


def _what_if(summary: Summary) -> str:
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


def _as_data(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
