"""The page of a summary: what is on it, and that nothing on it is more than text."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from include.gmm.page import pages, words
from include.gmm.page.charts import THEMES
from include.gmm.page.reason import NoSummary
from include.gmm.summary import FeatureSummary
from tests.plugins.examples import HOSTILE, example

Client = Callable[[str | None], TestClient]
Run = Callable[..., str]


class Parsed(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def addresses(self) -> set[str]:
        return {
            value
            for _, attributes in self.tags
            for name, value in attributes.items()
            if name in ("src", "href") and value
        }


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
        | {"warnings": [HOSTILE]}
    )
    page = pages.clusters(summary)
    assert "<script>alert" not in page
    assert escape("<script>alert(1)</script>") in page
    assert "{{ 7 * 7 }}" in page
    assert [tag for tag, _ in Parsed(page).tags].count("script") == 1


def test_a_message_is_text_too() -> None:
    page = pages.message(NoSummary(HOSTILE, HOSTILE, (HOSTILE,)))
    assert "<script>alert" not in page
    assert [tag for tag, _ in Parsed(page).tags].count("script") == 1


def test_nothing_on_the_page_needs_an_inline_script_or_style() -> None:
    for tag, attributes in Parsed(pages.clusters(example())).tags:
        assert tag != "style"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert tag != "script" or attributes["src"]


def test_each_address_on_the_page_is_relative_and_answers(client: Client, run: Run) -> None:
    task = "load_model_and_evaluate"
    page = run("success", {task: "success"}, {task: example().model_dump(mode="json")})
    viewer = client("viewer")
    answer = viewer.get(f"{page}/clusters")
    addresses = Parsed(answer.text).addresses()
    assert len(addresses) == 11  # script, stylesheet, JSON, four charts in two themes
    for address in addresses:
        assert not address.startswith(("/", "http:", "https:", "data:", "javascript:"))
        assert viewer.get(answer.url.join(address)).status_code == 200, address


def test_each_picture_says_in_words_what_it_shows() -> None:
    pictures = [
        attributes for tag, attributes in Parsed(pages.clusters(example())).tags if tag == "img"
    ]
    assert len(pictures) == 8
    assert all(len(picture["alt"] or "") > 20 for picture in pictures)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_stylesheet_paints_segments_as_the_charts_do(theme: str) -> None:
    css = pages.static("page.css").decode()
    prefix = r"^\.dark " if theme == "dark" else r"^"
    found = re.findall(prefix + r"\.segment-(\d) { --colour: (#[0-9a-f]{6}); }", css, re.MULTILINE)
    palette = THEMES["dark" if theme == "dark" else "light"].palette
    assert len(palette) == words.PALETTE
    assert found == [(str(number), colour) for number, colour in enumerate(palette, start=1)]


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (None, words.NOTHING), (1234.5, "1,234"), (12.345, "12.3"), (0.012345, "0.0123"),
     (-35, "\N{MINUS SIGN}35.0"), (1e-7, "1.00e\N{MINUS SIGN}07"), (0.999, "0.999")],
)  # fmt: skip
def test_numbers_keep_about_three_digits(value: float | None, written: str) -> None:
    assert words.number(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.0, "0.0 %"), (1.0, "100.0 %"), (0.3614, "36.1 %"), (0.0001, "< 0.1 %"),
     (0.99999, "> 99.9 %"), (None, words.NOTHING)],
)  # fmt: skip
def test_a_share_that_is_there_is_never_written_as_nothing_or_all(
    value: float | None, written: str
) -> None:
    assert words.percent(value) == written


@pytest.mark.parametrize(
    ("value", "mean", "written", "css"),
    [(20.0, 10.0, "2.0 times the mean", "far-above"), (10.5, 10.0, "1.1 times the mean", ""),
     (-35.0, -12.0, "23.0 below the mean", "far-below"),
     (12.0, 10.0, "1.2 times the mean", "above"),
     (None, 10.0, "", ""), (3.0, None, "", "")],
)  # fmt: skip
def test_a_segment_is_compared_to_the_mean_of_all_rows(
    value: float | None, mean: float | None, written: str, css: str
) -> None:
    feature = FeatureSummary(
        name="x", label="X", unit="", in_mixture=True, transform="none", resolution=0.0,
        mean=mean, standard_deviation=5.0, median=None,
    )  # fmt: skip
    assert words.against_mean(value, feature) == written
    assert words.tint(value, feature) == css
