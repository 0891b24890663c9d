"""A summary as files to take away."""

from __future__ import annotations

import csv
import io

import pytest

from include.gmm.page.export import sample_csv, segments_csv
from tests.gmm.page.examples import example


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_each_segment_has_a_line_with_its_numbers() -> None:
    summary = example()
    lines = read(segments_csv(summary))
    assert [line["segment"] for line in lines] == ["1", "2", "3", "4", "5"]
    for line, segment in zip(lines, summary.segments, strict=True):
        assert int(line["rows"]) == segment.rows
        assert float(line["share"]) == segment.share
        assert float(line["mean_orders"]) == segment.profile["orders"]
        assert float(line["mean_probability_of_2"]) == segment.mean_memberships[1]
    assert lines[0]["mean_gap_days"] == ""


def test_a_segment_without_rows_has_empty_cells() -> None:
    summary = example(2)
    empty = summary.segments[1].model_copy(update={"mean_memberships": []})
    lines = read(
        segments_csv(summary.model_copy(update={"segments": [summary.segments[0], empty]}))
    )
    assert lines[1]["mean_probability_of_1"] == ""


def test_the_sample_is_there_row_by_row() -> None:
    summary = example()
    lines = read(sample_csv(summary))
    assert len(lines) == 200
    assert list(lines[0]) == [
        "recency_days", "orders", "average_order", "balance", "segment", "probability",
    ]  # fmt: skip
    assert float(lines[7]["recency_days"]) == summary.sample.values[7][0]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\tx"])
def test_a_name_that_a_spreadsheet_would_compute_is_made_harmless(name: str) -> None:
    summary = example(2)
    named = summary.segments[0].model_copy(update={"name": name})
    lines = read(
        segments_csv(summary.model_copy(update={"segments": [named, summary.segments[1]]}))
    )
    assert lines[0]["name"] == f"'{name}"
    assert float(lines[0]["share"]) == named.share
