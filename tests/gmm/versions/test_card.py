"""The model card: every part and the summary's figures, and nobody's text taken for markup."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import takewhile

import pandas as pd
import pytest

from include.gmm.promotion_record import Promoted
from include.gmm.store import Store
from include.gmm.summary import Caution, Summary
from include.gmm.versions import artifacts
from include.gmm.versions.card import add_card, as_html, model_card, succession_in_words
from include.gmm.versions.records import Manifest, Reference
from tests.gmm.page.examples import HOSTILE, after_a_champion, example, first_of_all
from tests.gmm.snapshots import evaluate

PARTS = [
    "Intended use",
    "Data",
    "Features",
    "Choice",
    "Segments",
    "Evaluation",
    "Gates",
    "Limits",
    "How it was made",
]
TAGS = {"h1", "h2", "p", "ul", "li", "code", "table", "thead", "tbody", "tr", "th", "td"}
PAGE = {"html", "head", "meta", "title", "style", "body"}
TEXTS = [
    HOSTILE,
    "<b>bold</b>",
    "*one* **two** _three_ __four__",
    "[a](javascript:alert(1)) ![b](c.png) <https://example.com>",
    "a | b || c",
    "`code` ``more``",
    "back\\slash \\* 1\\.5 \\",
    "# heading #",
    "> quote",
]


class Shown(HTMLParser):
    """What a page shows: the text of each heading, paragraph and cell."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.tags.add(tag)
        if tag in ("title", "style", "h1", "h2", "p", "li", "tr", "th", "td"):
            self.texts.append((tag, ""))

    def handle_data(self, data: str) -> None:
        if self.texts:
            tag, text = self.texts[-1]
            self.texts[-1] = tag, text + data

    def all_of(self, *tags: str) -> list[str]:
        return [text.strip() for tag, text in self.texts if tag in tags]

    def beside(self, first: str) -> list[str]:
        """The other cells of the first row that begins with that text."""
        place = next(
            place
            for place, (tag, text) in enumerate(self.texts)
            if tag == "td" and text.strip() == first and self.texts[place - 1][0] == "tr"
        )
        others = takewhile(lambda each: each[0] == "td", self.texts[place + 1 :])
        return [text.strip() for _, text in others]


def page_of(summary: Summary, manifest: Manifest) -> Shown:
    return Shown(as_html("title", model_card(summary, manifest)))


def test_every_version_has_a_card_with_every_part(
    shoppers: pd.DataFrame, store: Store, reference: Reference, manifest: Manifest
) -> None:
    summary = evaluate(store, reference, shoppers, "shoppers")
    markdown, html = (
        store.read(artifacts.file_of(reference, name)).decode() for name in ("card.md", "card.html")
    )
    page = Shown(html)
    assert page.all_of("title") == ["Shoppers: model card"]
    assert page.all_of("h1") == ["Shoppers"]
    assert page.all_of("h2") == PARTS
    assert page.tags == PAGE | TAGS
    assert markdown == model_card(summary, manifest)


def test_the_version_and_the_moment_of_its_data_come_first(manifest: Manifest) -> None:
    first = page_of(example(), manifest).all_of("p")[0]
    assert f"Version {example().version} of segmentation customers" in first
    assert f"data as of {manifest.as_of}" in first


def test_the_evaluation_is_the_summarys(manifest: Manifest) -> None:
    page = page_of(example(), manifest)
    assert page.beside("Log-likelihood per row, fitted") == ["-1.7015"]
    assert page.beside("Log-likelihood per row, held out") == ["-1.7152"]
    assert page.beside("Mean largest membership probability") == ["0.9318"]
    assert page.beside("Rows below 60 %") == ["4.1 %"]


def test_the_data_the_files_and_the_libraries_are_the_manifests(manifest: Manifest) -> None:
    page = page_of(example(), manifest)
    assert page.beside("Source") == ["raw.shoppers"]
    assert page.beside("Feature table") == ["shopper_features"]
    assert page.beside("Rows") == [f"240, of which {manifest.data.rows_fitted} were fitted"]
    assert page.beside("SHA-256 of keys and features") == [manifest.data.digest]
    for name, digest in manifest.files.items():
        assert page.beside(f"SHA-256 of {name}") == [digest]
    for library, version in manifest.libraries.items():
        assert page.beside(library) == [version]


def test_the_segments_are_the_summarys(manifest: Manifest) -> None:
    summary = example(3).following(after_a_champion(3))
    page = page_of(summary, manifest)
    assert [segment.number for segment in summary.segments] == [1, 2, 4]
    for segment in summary.segments:
        assert segment.mean_probability
        assert page.beside(str(segment.number)) == [
            segment.name or "-",
            f"{100 * segment.share:.1f} %",
            f"{segment.mean_probability:.4g}",
        ]


def test_the_features_are_told_with_how_they_are_read(manifest: Manifest) -> None:
    page = page_of(example(), manifest)
    assert page.beside("orders") == ["Orders", "log1p", "1", "2.955", "4.736"]
    assert page.beside("balance")[:2] == ["Balance against last year (USD)", "none"]
    assert page.beside("lifetime_value")[1] == "describes only"
    assert page.beside("gap_days")[3:] == ["-", "-"]


def test_the_choice_and_the_warnings_are_told(manifest: Manifest) -> None:
    cautions = [Caution(sentence=told) for told in ("Mind the gap.", "And the <step>.")]
    summary = example(3).model_copy(update={"warnings": cautions})
    page = page_of(summary, manifest)
    assert (
        "3 components, full covariances, seed 0, out of 40 candidates. "
        f"{summary.rule} {summary.lead}"
    ) in page.all_of("p")
    assert {"Mind the gap.", "And the <step>."} <= set(page.all_of("li", "p"))


@pytest.mark.parametrize("text", TEXTS)
def test_text_of_the_users_is_shown_and_not_obeyed(manifest: Manifest, text: str) -> None:
    summary = example(3, label=text)
    named = [each.model_copy(update={"name": text}) for each in summary.segments]
    changes = {"title": text, "segments": named, "warnings": [Caution(sentence=text)]}
    described = manifest.settings.model_copy(update={"description": text})
    markdown = model_card(
        summary.model_copy(update=changes), manifest.model_copy(update={"settings": described})
    )
    page = Shown(as_html(text, markdown))
    assert page.tags == PAGE | TAGS
    assert page.all_of("title") == [text]
    assert page.all_of("h1") == [text]
    assert page.all_of("h2") == PARTS
    assert page.all_of("p")[1] == text
    assert page.beside("average_order")[0] == f"{text} (USD)"
    assert page.beside("1")[0] == text
    assert page.all_of("li", "p")[-1] == text


def test_tags_in_the_markdown_itself_are_shown() -> None:
    page = Shown(as_html("title", f"{HOSTILE}\n\n{HOSTILE} again"))
    assert page.tags == PAGE | {"p"}
    assert page.all_of("p") == [HOSTILE, f"{HOSTILE} again"]


def test_former_segments_with_markup_in_their_names_stay_in_their_cells() -> None:
    succession = after_a_champion(3)
    former = [each.model_copy(update={"name": HOSTILE}) for each in succession.former]
    words = succession_in_words(succession.model_copy(update={"former": former}))
    page = Shown(as_html("title", words))
    assert page.beside(f"2 {HOSTILE}") == ["0", "3,000", "200"]


def test_without_a_champion_the_gates_say_so() -> None:
    page = Shown(as_html("title", succession_in_words(first_of_all(2))))
    assert page.all_of("p") == ["There is no champion yet: this would be the first one."]
    assert [cell for cell in page.all_of("td") if cell in ("yes", "no")] == ["yes"] * 3


def test_each_gate_is_told_with_its_figure_and_whether_it_passed() -> None:
    succession = after_a_champion(passed=False)
    page = Shown(as_html("title", succession_in_words(succession)))
    for gate in succession.gates:
        assert page.beside(gate.title) == ["yes" if gate.passed else "no", gate.sentence]
    assert page.beside("Held-out log-likelihood")[0] == "no"


def test_the_flow_has_a_row_for_each_former_and_a_column_for_each_present_segment() -> None:
    succession = after_a_champion(3)
    page = Shown(as_html("title", succession_in_words(succession)))
    assert page.all_of("th")[-4:] == ["", "1", "2", "4"]
    assert page.beside("1") == ["3,000", "200", "0"]
    assert page.beside("2 Regulars") == ["0", "3,000", "200"]
    assert page.beside("3") == ["200", "0", "3,000"]


def test_what_became_of_a_version_is_told_with_the_comparison_that_decided(
    store: Store, reference: Reference, manifest: Manifest
) -> None:
    promoted = Promoted(
        segmentation="customers",
        version=example().version,
        outcome="kept",
        sentence="The champion stays.",
        champion="20261116T203000Z-5e6f7a8b",
        serial=3,
        succession=after_a_champion(passed=False),
    )
    add_card(store, reference, example(), manifest, promoted)
    page = Shown(store.read(artifacts.file_of(reference, "card.html")).decode())
    assert page.all_of("p")[1] == "The champion stays."
    assert page.beside("Held-out log-likelihood")[0] == "no"
    assert page.all_of("h2") == PARTS
    markdown = store.read(artifacts.file_of(reference, "card.md")).decode()
    assert markdown == model_card(example(), manifest, promoted)
