"""The map: some rows and the ellipses of the components, in two dimensions."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from include.gmm.page.charts.theme import WIDTH, Theme, data, finish, segment_colours
from include.gmm.summary import FeatureSummary, Summary

Array = NDArray[np.float64]

CORNERS = 48  # of the polygon that stands for an ellipse
HEIGHT = 320


def projection(summary: Summary, theme: Theme) -> Any:
    """Along the axes in which the segments lie furthest apart."""
    features = _in_mixture(summary)
    axes = np.array(summary.mixture.axes)
    points = _standardised(np.array(summary.sample.values), features) @ axes
    titles = ["First axis of separation", "Second axis of separation"]
    if axes.shape[1] == 1:
        return _line(summary, theme, points[:, 0], titles[0])
    return _plane(
        summary, theme, points, _outlines(summary, axes), (titles[0], titles[1]), ("none", "none")
    )


def pair(summary: Summary, theme: Theme, first: int, second: int) -> Any:
    """Two features of the mixture, by their place, in their own units."""
    features = _in_mixture(summary)
    chosen = [features[first], features[second]]
    points = np.array(summary.sample.values)[:, [first, second]]
    axes = np.eye(len(features))[:, [first, second]]
    outlines = [_in_units(outline, chosen) for outline in _outlines(summary, axes)]
    return _plane(
        summary,
        theme,
        points,
        outlines,
        (chosen[0].heading, chosen[1].heading),
        (chosen[0].transform, chosen[1].transform),
    )


def _plane(
    summary: Summary,
    theme: Theme,
    points: Array,
    outlines: list[Array],
    titles: tuple[str, str],
    transforms: tuple[str, str],
) -> Any:
    rows = [
        {"x": x, "y": y, "segment": segment, "probability": probability}
        for (x, y), segment, probability in zip(
            points.round(6).tolist(),
            summary.sample.segments,
            summary.sample.probabilities,
            strict=True,
        )
    ]
    corners = [
        {"x": x, "y": y, "segment": segment.number, "place": place}
        for segment, outline in zip(summary.segments, outlines, strict=True)
        for place, (x, y) in enumerate(outline.round(6).tolist())
    ]
    reach = np.vstack([points, *outlines])
    x = alt.X("x:Q", title=titles[0], scale=_scale(reach[:, 0], transforms[0])).axis(
        format="~s", tickCount=5, grid=False
    )
    y = alt.Y("y:Q", title=titles[1], scale=_scale(reach[:, 1], transforms[1])).axis(
        format="~s", tickCount=5, grid=False
    )
    colours = segment_colours(summary, theme)
    dots = (
        alt.Chart(data(rows))
        .mark_circle(size=18)
        .encode(
            x=x,
            y=y,
            color=colours,
            opacity=alt.Opacity("probability:Q", legend=None).scale(
                domain=[0.3, 1], range=[0.12, 0.75], clamp=True
            ),
        )
    )
    ellipses = (
        alt.Chart(data(corners))
        .mark_line(strokeWidth=2)
        .encode(x=x, y=y, color=colours, detail="segment:N", order="place:Q")
    )
    tops = [max(outline, key=lambda at: at["y"]) for outline in _by_segment(corners)]
    numbers = (
        alt.Chart(data(tops))
        .mark_text(dy=-8, fontWeight="bold", fontSize=12)
        .encode(x=x, y=y, text="segment:N", color=alt.value(theme.text))
    )
    return finish(
        alt.layer(dots, ellipses, numbers).properties(width=WIDTH, height=HEIGHT),
        theme,
        f"A scatter plot of {len(rows)} rows by {titles[0]} and {titles[1]}, coloured by segment, "
        "with an ellipse of two standard deviations for each component.",
    )


def _line(summary: Summary, theme: Theme, points: Array, title: str) -> Any:
    """With one feature there is one axis: the rows of each segment along it."""
    rows = [
        {"x": x, "segment": segment, "probability": probability}
        for x, segment, probability in zip(
            points.round(6).tolist(),
            summary.sample.segments,
            summary.sample.probabilities,
            strict=True,
        )
    ]
    ticks = (
        alt.Chart(data(rows))
        .mark_tick(thickness=1.5)
        .encode(
            x=alt.X("x:Q", title=title).scale(zero=False),
            y=alt.Y("segment:O", title="Segment").axis(ticks=False, domain=False),
            color=segment_colours(summary, theme),
            opacity=alt.Opacity("probability:Q", legend=None).scale(
                domain=[0.3, 1], range=[0.12, 0.75], clamp=True
            ),
        )
    )
    return finish(
        ticks.properties(width=WIDTH, height=alt.Step(28)),
        theme,
        f"{len(rows)} rows along the only axis, one line for each segment.",
    )


def _in_mixture(summary: Summary) -> list[FeatureSummary]:
    return [feature for feature in summary.features if feature.in_mixture]


def _standardised(values: Array, features: list[FeatureSummary]) -> Array:
    """(n, d) in the users' units -> as the mixture sees them."""
    columns = [
        ((np.log1p(column) if feature.transform == "log1p" else column) - (feature.centre or 0.0))
        / (feature.scale or 1.0)
        for column, feature in zip(values.T, features, strict=True)
    ]
    return np.column_stack(columns)


def _in_units(values: Array, features: list[FeatureSummary]) -> Array:
    """The inverse of `_standardised`."""
    columns = []
    for column, feature in zip(values.T, features, strict=True):
        transformed = column * (feature.scale or 1.0) + (feature.centre or 0.0)
        columns.append(np.expm1(transformed) if feature.transform == "log1p" else transformed)
    return np.column_stack(columns)


def _outlines(summary: Summary, axes: Array) -> list[Array]:
    """For each component the ellipse (CORNERS + 1, 2) of two standard deviations along the axes.

    With L the Cholesky factor of the projected covariance and u on the unit circle: mu + 2 L u.
    """
    angles = np.linspace(0, 2 * np.pi, CORNERS + 1)
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    return [
        np.array(mean) @ axes + 2 * circle @ np.linalg.cholesky(axes.T @ covariance @ axes).T
        for mean, covariance in zip(summary.mixture.means, covariances(summary), strict=True)
    ]


def covariances(summary: Summary) -> list[Array]:
    """Each component's covariance (d, d), whatever the covariance type shares."""
    given, d = summary.mixture.covariances, len(summary.mixture.means[0])
    if summary.covariance_type == "tied":
        return [np.array(given)] * len(summary.segments)
    if summary.covariance_type == "full":
        return [np.array(covariance) for covariance in given]
    return [np.diag(np.broadcast_to(np.array(variances), d)) for variances in given]


def _scale(values: Array, transform: str) -> alt.Scale:
    """Skewed features as the mixture sees them: log1p, which Vega calls symlog."""
    kind: Any = "symlog" if transform == "log1p" else "linear"
    return alt.Scale(
        type=kind, domain=[float(values.min()), float(values.max())], nice=False, zero=False
    )


def _by_segment(corners: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    numbers = {corner["segment"] for corner in corners}
    return [[corner for corner in corners if corner["segment"] == n] for n in sorted(numbers)]
