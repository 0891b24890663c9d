"""Whether the parts of a summary fit each other: what is stored may have been changed since."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from include.gmm.promotion_record import Succession
    from include.gmm.summary import Summary

LARGEST_LOG1P = 700.0  # expm1 of more than 709 is no number
ROUNDED = 1e-6  # what rounding may change, relative to the largest


def check_succession(succession: Succession) -> None:
    """Raise ValueError, saying which parts do not fit."""
    ids, former = succession.segment_ids, [each.number for each in succession.former]
    for name, numbers in (
        ("segment_ids", ids),
        ("former", former),
        ("retired", succession.retired),
    ):
        _fits(f"{name}: different numbers", len(set(numbers)), len(numbers))
    _fits("flow: rows", len(succession.flow), len(former))
    _fit("flow: numbers in each row", succession.flow, len(ids))


def check_summary(summary: Summary) -> None:
    """Raise ValueError, saying which parts do not fit."""
    segments, mixture = summary.segments, summary.mixture
    numbers = tuple(segment.number for segment in segments)
    names = [feature.name for feature in summary.features]
    k, d = len(segments), sum(feature.in_mixture for feature in summary.features)
    _fits("n_components: segments", k, summary.n_components)
    if numbers != summary.succession.segment_ids:
        raise ValueError("segments: their numbers are not succession.segment_ids")
    _fits("features: different names", len(set(names)), len(names))
    if not d:
        raise ValueError("features: none is of the mixture")
    _fit("segments: mean_memberships of each", (s.mean_memberships or numbers for s in segments), k)
    if any(segment.profile.keys() != set(names) for segment in segments):
        raise ValueError("segments: a profile is not of the features")
    _fits("mixture.weights", len(mixture.weights), k)
    _shaped("mixture.means", mixture.means, (k, d))
    _shaped("mixture.axes", mixture.axes, (d, min(d, 2)))
    _check_covariances(summary, k, d)
    _check_scales(summary)
    _fit("ambiguous: values of each", (row.values for row in summary.ambiguous), d)
    _fit("ambiguous: probabilities of each", (row.probabilities for row in summary.ambiguous), k)
    if any(each.component is not None and each.component >= k for each in summary.warnings):
        raise ValueError("warnings: there are no such components")
    sample = summary.sample
    _fits("sample.values", len(sample.values), len(sample.segments))
    _fits("sample.probabilities", len(sample.probabilities), len(sample.segments))
    _fit("sample: values of each", sample.values, d)
    if not set(sample.segments) <= set(numbers):
        raise ValueError("sample.segments: there are no such segments")


def _check_covariances(summary: Summary, k: int, d: int) -> None:
    shapes = {"full": (k, d, d), "tied": (d, d), "diag": (k, d), "spherical": (k,)}
    name, given = "mixture.covariances", summary.mixture.covariances
    _shaped(name, given, shapes[summary.covariance_type])
    values = np.array(given, dtype=np.float64)
    if summary.covariance_type in ("full", "tied"):
        if not np.allclose(values, values.swapaxes(-1, -2), rtol=ROUNDED):
            raise ValueError(f"{name}: not symmetric")
        values = np.linalg.eigvalsh(values)
    if (values <= -ROUNDED * np.abs(values).max()).any() or not values.any():
        raise ValueError(f"{name}: not positive")


def _check_scales(summary: Summary) -> None:
    """Each segment's centre is a number in the features' own units."""
    mixed = [feature for feature in summary.features if feature.in_mixture]
    for place, feature in enumerate(mixed):
        if feature.centre is None or feature.scale is None:
            raise ValueError(f"features: {feature.name!r} has no centre or no scale")
        most = LARGEST_LOG1P if feature.transform == "log1p" else np.finfo(np.float64).max
        for mean in summary.mixture.means:
            if not abs(mean[place] * feature.scale + feature.centre) <= most:
                raise ValueError(f"mixture.means: beyond all numbers of {feature.name!r}")


def _shaped(what: str, given: Any, shape: tuple[int, ...]) -> None:
    try:
        found = np.shape(given)
    except ValueError:
        raise ValueError(f"{what}: its rows differ in length") from None
    if found != shape:
        raise ValueError(f"{what}: of shape {found}, not {shape}")


def _fit(what: str, parts: Iterable[Sized], expected: int) -> None:
    for part in parts:
        _fits(what, len(part), expected)


def _fits(what: str, found: int, expected: int) -> None:
    if found != expected:
        raise ValueError(f"{what}: {found}, not {expected}")
