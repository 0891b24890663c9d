"""The made-up summaries of the pictures: each is what its name says."""

from __future__ import annotations

import pytest

from include.gmm.page import pages
from include.gmm.summary import Summary
from script.pictures.made_up import MOST_SEGMENTS, summaries


@pytest.mark.parametrize(
    ("name", "segments", "features"),
    [("fifty", MOST_SEGMENTS, 4), ("one-segment", 1, 4), ("one-feature", 3, 1)],
)
def test_an_extreme_is_a_summary_with_a_page(name: str, segments: int, features: int) -> None:
    summary = Summary.model_validate(summaries()[name])
    assert len(summary.segments) == segments
    assert sum(feature.in_mixture for feature in summary.features) == features
    assert all(len(mean) == features for mean in summary.mixture.means)
    assert summary.title in pages.clusters(summary)
