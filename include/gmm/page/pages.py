"""Templates and charts, rendered."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from include.gmm.summary import HISTOGRAM_BINS, Summary
from include.gmm.page import words
from include.gmm.page.reason import NoSummary

if TYPE_CHECKING:
    from include.gmm.page.charts import ThemeName

HERE = Path(__file__).parent
STATIC = {"page.css": "text/css", "theme.js": "text/javascript"}

# Altair keeps the object that `.axis(...)`, `.scale(...)` and their like act upon in the class:
# two threads that make charts at once would swap their axes.
_one_at_a_time = threading.Lock()

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,  # of everything: DAGs, columns and labels are named by people
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["shapes"] = words.SHAPES
_environment.globals["bins"] = [
    f"{100 * place // HISTOGRAM_BINS}\N{EN DASH}{100 * (place + 1) // HISTOGRAM_BINS} %"
    for place in range(HISTOGRAM_BINS)
]
for _filter in (
    words.count,
    words.percent,
    words.number,
    words.fixed,
    words.against_mean,
    words.tint,
    words.colour,
):
    _environment.filters[_filter.__name__] = _filter


def clusters(summary: Summary) -> str:
    """The page of a run that found clusters."""
    return _environment.get_template("clusters.html").render(summary=summary)


def message(reason: NoSummary) -> str:
    """The page that says why there are no clusters to see."""
    return _environment.get_template("message.html").render(reason=reason)


def static(name: str) -> bytes:
    """The content of a stylesheet or script named in STATIC."""
    return (HERE / "static" / name).read_bytes()


def chart(summary: Summary, name: str, theme: ThemeName) -> str | None:
    """One chart as SVG; None if there is no chart of that name.

    The libraries that draw are imported here, when the first chart is asked for.
    """
    import vl_convert

    from include.gmm.page import charts

    if name not in charts.CHARTS:
        return None
    with _one_at_a_time:
        specification: dict[str, Any] = charts.CHARTS[name](summary, charts.THEMES[theme]).to_dict()
    return str(vl_convert.vegalite_to_svg(specification, allowed_base_urls=[]))
