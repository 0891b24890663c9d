"""The section that holds a version against the champion."""

from __future__ import annotations

import re

import pytest

from include.gmm.page import export, pages
from include.gmm.page.words import newcomers, retired
from include.gmm.promotion_record import FormerSegment
from include.gmm.summary import Summary
from tests.gmm.page.examples import HOSTILE, after_a_champion, example

pytestmark = pytest.mark.usefixtures("drawn_here")


def following(passed: bool = True) -> Summary:
    return example().following(after_a_champion(passed=passed))


def incomparable() -> Summary:
    """Of a version whose champion reads other features."""
    succession = after_a_champion().model_copy(
        update={
            "former": [], "flow": [], "moved": None, "retired": [1, 2, 3, 4, 5],
            "segment_ids": (6, 7, 8, 9, 10), "note": "The champion reads gap_days.",
        }
    )  # fmt: skip
    return example().following(succession)


def section_of(summary: Summary) -> str:
    page = pages.clusters(summary)
    section = page[page.index('<section id="gates">') :]
    return re.sub(r"\s+", " ", section[: section.index("</section>")])


def test_segments_without_a_former_one_are_new_and_former_ones_without_heirs_retired() -> None:
    summary = following()
    assert [segment.number for segment in newcomers(summary)] == [6]
    assert retired(summary) == ["Segment 5"]


def test_a_retired_segment_goes_by_its_name() -> None:
    named = FormerSegment(number=5, name="Savers", rows=1)
    succession = after_a_champion()
    former = [*succession.former[:-1], named]
    summary = example().following(succession.model_copy(update={"former": former}))
    assert retired(summary) == ["Savers"]


def test_where_all_segments_go_on_nothing_is_listed_as_new_or_retired() -> None:
    former = [FormerSegment(number=number, name="", rows=1) for number in range(1, 6)]
    kept = {"former": former, "retired": [], "segment_ids": (1, 2, 3, 4, 5)}
    summary = example().following(after_a_champion().model_copy(update=kept))
    assert "none is new, and none is retired" in section_of(summary)
    assert "New:" in section_of(following())
    assert "none is new" not in section_of(following())


def test_a_name_with_a_comma_is_one_segment_in_the_list_of_the_retired() -> None:
    *kept, last = after_a_champion().former
    former = [*kept[:-1], FormerSegment(number=kept[-1].number, name="One CD, once", rows=1), last]
    gone = {"former": former, "retired": [kept[-1].number, last.number]}
    summary = example().following(after_a_champion().model_copy(update=gone))
    assert "of its rows: One CD, once; Segment 5." in section_of(summary)


def test_without_a_champion_the_gates_stand_alone() -> None:
    section = section_of(example())
    assert "<h2>Gates</h2>" in section
    assert section.count("</tr>") == 1 + 3
    assert "<figure" not in section


def test_each_gate_has_a_row_with_its_verdict_in_words_and_its_figure() -> None:
    summary = following(passed=False)
    rows = re.findall(
        r'<th scope="row">([^<]+)</th> <td[^>]*>([^<]+)</td> <td[^>]*>([^<]+)</td>',
        section_of(summary),
    )
    assert rows == [
        (gate.title, "passed" if gate.passed else "not passed", gate.sentence)
        for gate in summary.succession.gates
    ]
    assert [verdict for _, verdict, _ in rows].count("not passed") == 1


def test_it_says_how_many_rows_change_segment_and_which_segments_come_and_go() -> None:
    section = section_of(following())
    for said in (
        "Against the champion",
        "20261116T203000Z-5e6f7a8b",
        "25.0 % of the rows change segment",
        "New: Segment 6.",
        ": Segment 5.",
    ):
        assert said in section


def test_the_flow_stands_in_a_table_row_by_row() -> None:
    section = section_of(following())
    table = section[section.index("<details>") :]
    first = re.findall(r"<td>([^<]*)</td>", table)[:6]
    assert first == ["3,000", "200", "0", "0", "0", "3,200"]
    assert re.findall(r"to (\d+)</th>", table) == ["1", "2", "3", "4", "6"]


def test_a_champion_that_cannot_be_applied_is_said_to_be_one_and_nothing_is_drawn() -> None:
    section = section_of(incomparable())
    assert "The champion reads gap_days. The two cannot be compared" in section
    assert "<figure" not in section
    assert "Retired" not in section


def test_a_report_draws_the_flow_in_both_themes_where_there_is_one() -> None:
    assert export.report(following()).count("Bars for the segments of the champion") == 2
    assert "Bars for the segments of the champion" not in export.report(incomparable())


def test_names_of_former_segments_are_text() -> None:
    succession = after_a_champion()
    hostile = [each.model_copy(update={"name": HOSTILE}) for each in succession.former]
    page = pages.clusters(example().following(succession.model_copy(update={"former": hostile})))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
