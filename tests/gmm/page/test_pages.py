"""The page of a summary: what is on it, and that nothing on it is more than text."""

from __future__ import annotations

import base64
import json
import re
from html import escape

import pytest

from include.gmm.page import export, pages, words
from include.gmm.page.charts import THEMES
from include.gmm.page.reason import NoSummary
from include.gmm.page.static_files import content
from include.gmm.summary import Caution, Summary
from tests.gmm.page.examples import HOSTILE, example
from tests.gmm.page.parsed import Parsed

pytestmark = pytest.mark.usefixtures("drawn_here")


def test_the_page_says_first_what_was_found_and_then_how_sure_it_is() -> None:
    page = pages.clusters(example())
    said = [
        "5 segments", "23,570 rows", "The smallest K", "28 of 40 candidates", "full", "93.2 %",
        "4.1 %", "\N{MINUS SIGN}1.715", "\N{MINUS SIGN}1.702", "36.1 %", "8,500",
        "1.4 times the mean", "describes only", "How sure is each segment",
        "Which mixtures competed", "model.joblib", example().model_sha256, "summary.json",
    ]  # fmt: skip
    places = [page.index(text) for text in said]
    assert len(places) == len(said)
    assert places[0] < places[2] < places[9] < places[13] < places[14] < places[15]


def test_the_chosen_candidate_is_marked_once_and_degenerate_ones_all() -> None:
    page, summary = pages.clusters(example()), example()
    assert page.count('<tr class="chosen">') == 1
    assert page.count('<tr class="degenerate">') == sum(c.degenerate for c in summary.candidates)


@pytest.mark.parametrize("segments", [1, 5, 50])
def test_each_segment_has_its_row(segments: int) -> None:
    page = pages.clusters(example(segments))
    table = page[page.index('class="segments"') : page.index("</table>")]
    assert table.count("<tr>") == segments + 2
    assert (f"{segments} segments" if segments > 1 else "1 segment<") in page


def test_names_from_outside_are_text() -> None:
    summary = example(label=HOSTILE, path=HOSTILE).model_copy(
        update=dict.fromkeys(("title", "key", "rule", "version", "segmentation"), HOSTILE)
        | {"warnings": [Caution(sentence=HOSTILE)]}
    )
    page = pages.clusters(summary)
    assert "<script>alert" not in page
    assert escape("<script>alert(1)</script>") in page
    assert "{{ 7 * 7 }}" in page
    tags = [tag for tag, _ in Parsed(page).tags]
    assert tags == [tag for tag, _ in Parsed(pages.clusters(example())).tags]


def test_a_message_is_text_too() -> None:
    page = pages.message(NoSummary(HOSTILE, HOSTILE, (HOSTILE,)))
    assert "<script>alert" not in page
    assert [tag for tag, _ in Parsed(page).tags].count("script") == 1


def test_a_message_leads_to_all_segmentations_whoever_is_logged_in() -> None:
    link = '<a href="../segmentations">'
    assert link in pages.message(NoSummary("No run yet", "Press Trigger."), "../")
    assert link in pages.message(NoSummary("You may not see this", "", status=403), "../")
    assert link not in pages.message(NoSummary("You are not logged in", "", status=401), "../")


def test_nothing_on_the_page_needs_an_inline_script_or_style() -> None:
    for tag, attributes in Parsed(pages.clusters(example())).tags:
        assert tag != "style"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert tag != "script" or attributes["src"]


def test_each_figure_has_a_table_of_its_numbers_in_its_section() -> None:
    page = pages.clusters(example())
    sections = page.split("<section")[1:]
    drawn = [section for section in sections if "<figure" in section]
    assert len(drawn) == 5
    assert all("<details>" in section and "<table" in section for section in drawn)


def test_a_report_needs_nothing_else() -> None:
    page = export.report(example())
    for address in Parsed(page).addresses():
        assert address.startswith(("#", "data:")), address[:80]
    assert "@import" not in page
    assert "url(" not in page


def test_each_picture_of_a_report_says_in_words_what_it_shows() -> None:
    pictures = [
        attributes for tag, attributes in Parsed(export.report(example())).tags if tag == "img"
    ]
    assert len(pictures) == 2 * (len(export.FIGURES) - 1)  # without a champion there is no flow
    assert all(len(picture["alt"] or "") > 20 for picture in pictures)


def test_a_report_brings_its_summary_along_unchanged() -> None:
    (data,) = re.findall(r'href="data:application/json;base64,([^"]+)"', export.report(example()))
    assert Summary.model_validate_json(base64.b64decode(data)) == example()


def test_no_markup_of_the_user_is_in_a_report() -> None:
    hostile = example(label=HOSTILE, path=HOSTILE).model_copy(update={"title": HOSTILE})
    page = export.report(hostile)
    assert "<script>alert" not in page
    assert page.count("<script>") == 4


@pytest.mark.parametrize("segments", [1, 2, 50])
def test_the_parameters_for_what_if_are_those_of_the_summary(segments: int) -> None:
    summary = example(segments)
    (section,) = [a for tag, a in Parsed(pages.clusters(summary)).tags if a.get("id") == "what-if"]
    brought = json.loads(section["data-mixture"] or "")
    assert brought["means"] == summary.mixture.means
    assert brought["weights"] == summary.mixture.weights
    assert brought["covariances"] == summary.mixture.covariances
    assert len(brought["features"]) == 4


def test_names_of_segments_stand_on_their_cards() -> None:
    assert "Regulars <small>segment 2</small>" in pages.clusters(example())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_stylesheet_paints_segments_as_the_charts_do(theme: str) -> None:
    css = content("page.css").decode()
    prefix = r"^\.dark " if theme == "dark" else r"^"
    found = re.findall(prefix + r"\.segment-(\d) { --colour: (#[0-9a-f]{6}); }", css, re.MULTILINE)
    palette = THEMES["dark" if theme == "dark" else "light"].palette
    assert len(palette) == words.PALETTE
    assert found == [(str(number), colour) for number, colour in enumerate(palette, start=1)]
