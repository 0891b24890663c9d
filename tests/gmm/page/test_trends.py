"""The charts of how a segmentation changed from run to run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from include.gmm.page.charts import THEMES
from include.gmm.page.charts.trends import CHARTS
from include.gmm.page.history import Version
from include.gmm.page.status import Status
from include.gmm.summary import Summary
from tests.gmm.page.examples import after_a_champion, example
from tests.gmm.page.promotions import DAY


def version(days: int, summary: Summary) -> Version:
    return Version(
        run_id="some_run",
        date=DAY + timedelta(days=days),
        state="success",
        summary=summary,
        status=Status("Not decided"),
    )


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_each_run_is_one_bar_and_each_segment_has_its_colour_and_its_share(theme: Any) -> None:
    newer, older = example(8), example(4)
    chart = CHARTS["shares"]([version(1, newer), version(0, older)], theme).to_dict()
    (rows,) = chart["datasets"].values() if "datasets" in chart else [chart["data"]["values"]]
    parts = [(row["run"], row["segment"], row["high"] - row["low"]) for row in rows]
    wanted = [
        (day, segment.number, pytest.approx(segment.share))
        for day, summary in (("2026-11-23", older), ("2026-11-24", newer))
        for segment in summary.segments
    ]
    assert parts == wanted
    scale = chart["layer"][0]["encoding"]["color"]["scale"]
    assert scale["domain"] == list(range(1, 9))
    assert scale["range"] == [theme.segment(number) for number in range(1, 9)]


def test_runs_of_one_day_and_of_one_minute_are_kept_apart() -> None:
    dates = [0, 0, 1]
    versions = [version(days, example()) for days in reversed(dates)]
    chart = CHARTS["segments"](versions, THEMES["light"]).to_dict()
    names = chart["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert names == ["2026-11-23 20:30", "2026-11-23 20:30 (2)", "2026-11-24 20:30"]


def test_parts_are_in_the_order_of_the_ids_whatever_that_of_the_components() -> None:
    ids = (9, 2, 3, 4, 1)
    summary = example().following(after_a_champion().model_copy(update={"segment_ids": ids}))
    chart = CHARTS["shares"]([version(0, summary)], THEMES["light"]).to_dict()
    (rows,) = chart["datasets"].values() if "datasets" in chart else [chart["data"]["values"]]
    assert [row["segment"] for row in rows] == [1, 2, 3, 4, 9]
    assert rows[0]["share"] == summary.segments[4].share
