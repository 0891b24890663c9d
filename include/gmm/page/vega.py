"""Charts: for the script that the page loads, or drawn as SVG or PNG."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from include.gmm.characters import cleaned
from include.gmm.page.pictures import Order, pictures
from include.gmm.summary import Summary

if TYPE_CHECKING:
    from include.gmm.page.charts import ThemeName

# Altair keeps the object that `.axis(...)`, `.scale(...)` and their like act upon in the class:
# two threads that make charts at once would swap their axes.
_one_at_a_time = threading.Lock()


def specification(summary: Summary, name: str, theme: ThemeName) -> dict[str, Any] | None:
    """One chart as Vega-Lite; None if there is no chart of that name.

    The libraries that draw are imported here, when the first chart is asked for.
    """
    from include.gmm.page import charts

    return made(lambda: charts.draw(summary, name, charts.THEMES[theme]))


def made(draw: Callable[[], Any]) -> dict[str, Any] | None:
    """What `draw` makes with Altair as Vega-Lite; None if it makes nothing."""
    with _one_at_a_time:
        chart = draw()
        return None if chart is None else dict(_harmless(chart.to_dict()))


def as_svg(chart: dict[str, Any]) -> str:
    """The chart as an SVG file. Raises DrawingError."""
    return pictures.one(Order("svg", as_json(chart))).decode()


def as_svgs(charts: Sequence[dict[str, Any]]) -> list[str | None]:
    """The charts as SVG files, drawn in one go; None for each that cannot be drawn."""
    drawn = pictures.all([Order("svg", as_json(chart)) for chart in charts])
    return [None if content is None else content.decode() for content in drawn]


def as_png(chart: dict[str, Any], theme: ThemeName) -> bytes:
    """The chart as a PNG file, on the background of a page of that theme. Raises DrawingError."""
    from include.gmm.page.charts import THEMES

    opaque = {**chart, "config": {**chart["config"], "background": THEMES[theme].page}}
    return pictures.one(Order("png", as_json(opaque)))


def as_json(chart: dict[str, Any]) -> str:
    """The chart for `vegaEmbed` in the page."""
    return json.dumps(chart, separators=(",", ":"), allow_nan=False)


def bundle() -> bytes:
    """Vega, Vega-Lite and vega-embed as one script (a second). Raises DrawingError."""
    return pictures.one(Order("script"))


def _harmless(part: Any) -> Any:
    """The same without what ends whoever draws it: characters that XML forbids, NaN, infinity."""
    if isinstance(part, str):
        return cleaned(part)
    if isinstance(part, float):
        return part if math.isfinite(part) else None
    if isinstance(part, dict):
        return {key: _harmless(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_harmless(value) for value in part]
    return part
