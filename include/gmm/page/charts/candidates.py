"""The mixtures that competed."""

from __future__ import annotations

from functools import partial
from typing import Any

import altair as alt

from include.gmm.page.charts.theme import WIDTH, Theme, data, finish
from include.gmm.settings import Criterion
from include.gmm.summary import Summary

CRITERIA: tuple[Criterion, ...] = ("bic", "icl", "aic")
COVARIANCE_TYPES = ("diag", "spherical", "tied", "full")  # the order gives each its colour


def criterion(by: Criterion, summary: Summary, theme: Theme) -> Any:
    """BIC, ICL or AIC over the number of segments, a line per covariance type.

    Degenerate candidates are crosses beside the lines, kept at the edge where they lie beyond it.
    """
    tried = {candidate.covariance_type for candidate in summary.candidates}
    types = [name for name in COVARIANCE_TYPES if name in tried]
    sound = [getattr(c, by) for c in summary.candidates if not c.degenerate]
    low, high = (min(sound), max(sound)) if sound else (0.0, 1.0)
    span = high - low or 1.0
    rows = [
        {
            "k": candidate.n_components,
            "type": candidate.covariance_type,
            "value": getattr(candidate, by),
            "sound": None
            if candidate.degenerate
            else getattr(candidate, by),  # None breaks the line
            # Side by side: crosses at the edge would hide each other.
            "beside": candidate.n_components
            + 0.14 * (types.index(candidate.covariance_type) - (len(types) - 1) / 2),
            "degenerate": candidate.degenerate,
            "chosen": (candidate.n_components, candidate.covariance_type)
            == (summary.n_components, summary.covariance_type),
        }
        for candidate in summary.candidates
    ]
    components = sorted({c.n_components for c in summary.candidates} | {summary.n_components})
    colours = [theme.palette[3 + COVARIANCE_TYPES.index(name)] for name in types]
    in_view = alt.Scale(
        domain=[low - 0.2 * span, high + 0.05 * span], zero=False, nice=False, clamp=True
    )
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("value:Q", title=f"{by.upper()} (lower is better)", scale=in_view).axis(
            format=",.6~r", tickCount=6
        ),
        color=alt.Color("type:N", title="Covariance").scale(domain=types, range=colours),
    )
    at_k = (
        alt.X("k:Q", title="Number of segments tried (K)")
        .axis(values=components[:: 1 + len(components) // 15], format="d", grid=False)
        .scale(domain=[components[0] - 0.5, components[-1] + 0.5], nice=False)
    )
    lines = base.mark_line(size=1.5).encode(x=at_k, y=alt.Y("sound:Q", scale=in_view))
    points = (
        base.transform_filter("!datum.degenerate")
        .mark_point(filled=True, size=45, opacity=1)
        .encode(x=at_k, shape=alt.Shape("type:N", title="Covariance").scale(domain=types))
    )
    crosses = (
        base.transform_filter("datum.degenerate")
        .mark_text(text="\u00d7", fontSize=15)
        .encode(x="beside:Q")
    )
    chosen = base.transform_filter("datum.chosen").encode(x=at_k, color=alt.value(theme.text))
    ring = chosen.mark_point(size=190, strokeWidth=2, opacity=1)
    word = chosen.mark_text(text="chosen", dy=18, fontWeight="bold")
    return finish(
        alt.layer(lines, points, crosses, ring, word).properties(width=WIDTH, height=260),
        theme,
        f"Lines: {by.upper()} of the candidates over their number of segments, one line for each "
        "covariance type; crosses are degenerate.",
    )


bic, icl, aic = (partial(criterion, by) for by in CRITERIA)
