"""What the pictures show: made-up summaries that are what their names say, and fewer purchases."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pandas as pd
import pytest

from include.gmm.page import pages
from include.gmm.parts import MOST_SEGMENTS
from include.gmm.summary import Summary
from script.pictures.life import MONTHS
from script.pictures.made_up import summaries
from tests.conftest import PROJECT
from tests.system.conftest import AirflowWithRun
from tests.system.purchases import PURCHASES, TRAINED_UNTIL, bring_purchases


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


def test_each_month_brings_purchases_and_the_last_one_brings_all(tmp_path: Path) -> None:
    (tmp_path / PURCHASES).parent.mkdir(parents=True)
    airflow = cast("AirflowWithRun", SimpleNamespace(folder=tmp_path))
    everything = pd.read_csv(PROJECT / PURCHASES, dtype=str)
    found = []
    for until in (TRAINED_UNTIL, *MONTHS):
        bring_purchases(airflow, until)
        brought = pd.read_csv(tmp_path / PURCHASES, dtype=str)
        assert brought["date"].max() <= until
        found.append(len(brought))
    assert sorted(set(found)) == found
    pd.testing.assert_frame_equal(brought, everything)
