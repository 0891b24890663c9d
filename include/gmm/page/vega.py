"""Drawing: by the script that the page loads, or here, as SVG or PNG."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from include.gmm.summary import Summary

if TYPE_CHECKING:
    from include.gmm.page.charts import ThemeName

PIXELS = 2.0  # of a PNG for each pixel of the chart: sharp on paper, too

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
        return None if chart is None else dict(chart.to_dict())


def as_svg(chart: dict[str, Any]) -> str:
    """The chart as an SVG file."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart, allowed_base_urls=[]))


def as_png(chart: dict[str, Any], theme: ThemeName) -> bytes:
    """The chart as a PNG file, on the background of a page of that theme."""
    import vl_convert

    from include.gmm.page.charts import THEMES

    opaque = {**chart, "config": {**chart["config"], "background": THEMES[theme].page}}
    return bytes(vl_convert.vegalite_to_png(opaque, scale=PIXELS, allowed_base_urls=[]))


def as_json(chart: dict[str, Any]) -> str:
    """The chart for `vegaEmbed` in the page."""
    return json.dumps(chart, separators=(",", ":"), allow_nan=False)


@functools.cache
def _bundle() -> bytes:
    import vl_convert

    script: str = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # its stub is too strict
    return script.encode()


def bundle() -> bytes:
    """Vega, Vega-Lite and vega-embed as one script, made once in a process (a second)."""
    with _one_at_a_time:
        return _bundle()
