"""The chart of the rows that go from the champion's segments to those of a version."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from include.gmm.page import vega
from include.gmm.page.charts import THEMES
from include.gmm.page.charts.flow import LABEL, LEAST, ROWS
from include.gmm.promotion_record import FormerSegment
from include.gmm.summary import Summary
from tests.gmm.page.examples import after_a_champion, example

pytestmark = pytest.mark.usefixtures("drawn_here")


def going(flow: list[list[int]], former: list[int], present: tuple[int, ...]) -> Summary:
    """Rows that go from these segments to those, by their ids."""
    succession = after_a_champion(len(present)).model_copy(
        update={
            "flow": flow,
            "former": [
                FormerSegment(number=number, name="", rows=sum(rows))
                for number, rows in zip(former, flow, strict=True)
            ],
            "segment_ids": present,
        }
    )
    return example(len(present)).following(succession)


def parts(summary: Summary, theme: Any = "light") -> list[list[dict[str, Any]]]:
    """The ribbons, the bars, and the labels of both sides."""
    made = vega.specification(summary, "flow", theme)
    assert made is not None
    return [made["datasets"][layer["data"]["name"]] for layer in made["layer"]]


def ribbons(summary: Summary) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for point in parts(summary)[0]:
        found.setdefault(point["ribbon"], []).append(point)
    return found


def test_without_a_champion_there_is_no_such_chart() -> None:
    assert vega.specification(example(), "flow", "light") is None


def test_where_no_row_was_counted_there_is_no_such_chart() -> None:
    assert vega.specification(going([[0, 0]], [1], (1, 2)), "flow", "light") is None


def test_bars_and_ribbons_are_as_high_as_their_rows() -> None:
    summary = going([[60, 20], [0, 20]], [1, 2], (1, 3))
    _, bars, *_ = parts(summary)
    assert [bar["y2"] - bar["y"] for bar in bars] == pytest.approx(
        [0.8 * ROWS, 0.2 * ROWS, 0.6 * ROWS, 0.4 * ROWS]
    )
    heights = {
        name: {round(point["y2"] - point["y"], 1) for point in points}
        for name, points in ribbons(summary).items()
    }
    assert heights == {"1 1": {0.6 * ROWS}, "1 3": {0.2 * ROWS}, "2 3": {0.2 * ROWS}}


def test_a_ribbon_leads_from_its_part_of_one_bar_to_its_part_of_the_other() -> None:
    summary = going([[60, 20], [0, 20]], [1, 2], (1, 3))
    _, bars, *_ = parts(summary)
    first, *_, last = ribbons(summary)["1 3"]
    former, present = bars[0], bars[3]
    assert (first["x"], last["x"]) == (former["x2"], present["x"])
    assert first["y2"] == pytest.approx(former["y2"], abs=0.1)
    assert last["y"] == pytest.approx(present["y"], abs=0.1)


def test_both_sides_are_in_the_order_of_the_ids_whatever_that_of_the_components() -> None:
    summary = going([[10, 0], [0, 90]], [2, 1], (2, 1))
    _, bars, former, present = parts(summary)
    assert [bar["segment"] for bar in bars] == [1, 2, 1, 2]
    assert [label["text"] for label in former] == ["Champion", "1: 90.0 %", "2: 10.0 %"]
    assert [label["text"] for label in present] == ["This version", "1: 90.0 %", "2: 10.0 %"]
    assert set(ribbons(summary)) == {"1 1", "2 2"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_ribbon_has_the_colour_of_the_champions_segment_beyond_seven_too(theme: Any) -> None:
    summary = going([[50, 50]], [9], (9, 12))
    assert {point["segment"] for point in parts(summary)[0]} == {9}
    made = vega.specification(summary, "flow", theme)
    assert made is not None
    scale = made["layer"][0]["encoding"]["color"]["scale"]
    colours = THEMES[theme].segment
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == {
        9: colours(9),
        12: colours(12),
    }


def test_hardly_any_rows_are_no_ribbon() -> None:
    few = int(1000 * LEAST)
    assert set(ribbons(going([[1000 - few, few]], [1], (1, 2)))) == {"1 1", "1 2"}
    assert set(ribbons(going([[1001 - few, few - 1]], [1], (1, 2)))) == {"1 1"}


def test_fifty_by_fifty_segments_have_room_for_their_numbers_and_stay_small() -> None:
    counts = np.ones((50, 50), dtype=int) + np.diag(1000 // np.arange(1, 51))
    ids = list(range(1, 51))
    summary = going(counts.tolist(), ids, tuple(ids))
    _, _, *sides = parts(summary)
    for labels in sides:
        heights = [label["y"] for label in labels]
        assert min(lower - upper for upper, lower in pairwise(heights)) >= LABEL - 1
    made = vega.specification(summary, "flow", "light")
    assert made is not None
    assert len(vega.as_json(made)) < 100_000
