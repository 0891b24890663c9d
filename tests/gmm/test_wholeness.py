"""A summary whose parts do not fit each other is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from include.gmm.parts import MOST_SEGMENTS
from include.gmm.summary import HISTOGRAM_BINS, Summary
from tests.gmm.page.examples import after_a_champion, example

SQUARE = [[1.0 if row == column else 0.0 for column in range(4)] for row in range(4)]


def refused(place: str, value: Any, segments: int = 3) -> str:
    """Why a summary is refused in which the part at `place` is another, as one text."""
    content = example(segments).following(after_a_champion(segments)).model_dump(mode="json")
    Summary.model_validate_json(json.dumps(content))
    *keys, last = (int(key) if key.isdecimal() else key for key in place.split("."))
    part: Any = content
    for key in keys:
        part = part[key]
    part[last] = value
    with pytest.raises(ValidationError) as error:
        Summary.model_validate_json(json.dumps(content))
    return str(error.value)


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("n_components", 4, "n_components: segments: 3, not 4"),
        ("segments.0.number", 9, "segments: their numbers are not succession.segment_ids"),
        ("segments.0.mean_memberships", [0.5, 0.5], "segments: mean_memberships of each: 2, not 3"),
        ("segments.0.profile", {"orders": 1.0}, "segments: a profile is not of the features"),
        ("segments.1.histogram", [1] * 19, f"at least {HISTOGRAM_BINS} items"),
        ("features.1.name", "recency_days", "features: different names: 5, not 6"),
        ("features.0.scale", None, "features: 'recency_days' has no centre or no scale"),
        ("features.0.scale", 0.0, "greater than 0"),
        ("features.0.in_mixture", False, "mixture.means: of shape (3, 4), not (3, 3)"),
        ("mixture.weights", [0.5, 0.5], "mixture.weights: 2, not 3"),
        ("mixture.means", [[0.0] * 4] * 2, "mixture.means: of shape (2, 4), not (3, 4)"),
        ("mixture.means", [[0.0] * 4] * 2 + [[0.0]], "mixture.means: its rows differ in length"),
        ("mixture.means.0.0", 1e12, "less than or equal to 1000000000"),
        ("mixture.means.0.0", 1e6, "mixture.means: beyond all numbers of 'recency_days'"),
        ("mixture.covariances", [SQUARE] * 2, "mixture.covariances: of shape (2, 4, 4)"),
        ("mixture.covariances", SQUARE, "mixture.covariances: of shape (4, 4), not (3, 4, 4)"),
        ("mixture.covariances", [1.0] * 3, "mixture.covariances: of shape (3,), not (3, 4, 4)"),
        ("mixture.covariances.0.0.1", 0.3, "mixture.covariances: not symmetric"),
        ("mixture.covariances.0.2.2", -1.0, "mixture.covariances: not positive"),
        ("mixture.covariances", [[[0.0] * 4] * 4] * 3, "mixture.covariances: not positive"),
        ("mixture.covariances", "x", "mixture.covariances"),
        ("covariance_type", "diag", "mixture.covariances: of shape (3, 4, 4), not (3, 4)"),
        ("mixture.axes", [[1.0]] * 4, "mixture.axes: of shape (4, 1), not (4, 2)"),
        ("mixture.axes", [[1.0, 0.0]] * 900, "mixture.axes: of shape (900, 2), not (4, 2)"),
        ("ambiguous.0.values", [1.0], "ambiguous: values of each: 1, not 4"),
        ("ambiguous.0.probabilities", [1.0], "ambiguous: probabilities of each: 1, not 3"),
        ("sample.probabilities", [0.5], "sample.probabilities: 1, not 200"),
        ("sample.values.0", [], "sample: values of each: 0, not 4"),
        ("sample.segments.0", 99, "sample.segments: there are no such segments"),
        ("sample.segments", [1] * 2000, "at most 1000 items"),
        ("succession.flow", [[1, 2, 3]], "flow: rows: 1, not 3"),
        ("succession.flow.0", [1], "flow: numbers in each row: 1, not 3"),
        ("succession.segment_ids", [1, 1, 4], "segment_ids: different numbers: 2, not 3"),
        ("succession.former.0.number", 2, "former: different numbers: 2, not 3"),
        ("succession.segment_ids", list(range(1, 99)), f"at most {MOST_SEGMENTS} items"),
        ("succession.retired", [0], "greater than or equal to 1"),
        ("rows", -1, "greater than or equal to 0"),
        ("rows", 10**30, "less than or equal to"),
        ("segments.0.share", 1.5, "less than or equal to 1"),
        ("title", "x" * 200_000, "at most 100000 characters"),
        ("candidates", [], "at least 1 item"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(place: str, value: Any, told: str) -> None:
    assert told in refused(place, value)


@pytest.mark.parametrize(
    ("kind", "covariances"),
    [("tied", SQUARE), ("diag", [[1.0] * 4] * 3), ("spherical", [1.0, 0.5, 2.0])],
)
def test_each_covariance_type_has_its_own_shape(kind: str, covariances: Any) -> None:
    content = example(3).model_dump(mode="json")
    content["covariance_type"] = kind
    content["mixture"]["covariances"] = covariances
    assert Summary.model_validate_json(json.dumps(content)).covariance_type == kind


@pytest.mark.parametrize("segments", [1, 2, MOST_SEGMENTS])
def test_a_whole_summary_is_read_as_it_was_written(segments: int) -> None:
    summary = example(segments).following(after_a_champion(segments))
    assert Summary.model_validate_json(summary.model_dump_json()) == summary


def test_a_segment_without_rows_is_confused_with_none() -> None:
    content = example(3).model_dump(mode="json")
    content["segments"][2] |= {"mean_memberships": [], "mean_probability": None, "rows": 0}
    assert Summary.model_validate_json(json.dumps(content)).segments[2].mean_memberships == []
