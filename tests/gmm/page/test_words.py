"""Numbers and names as the page writes them."""

from __future__ import annotations

import pytest

from include.gmm.page import words
from include.gmm.summary import FeatureSummary
from tests.gmm.page.examples import example


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
        mean=mean, standard_deviation=5.0, median=None, centre=None, scale=None,
    )  # fmt: skip
    assert words.against_mean(value, feature) == written
    assert words.tint(value, feature) == css


def test_a_card_says_first_what_is_furthest_from_the_average() -> None:
    summary = example()
    said = words.distinctive(summary.segments[4], summary.features)
    assert len(said) == words.MOST_SAID
    assert said[0] == "Lifetime value 594 USD, the average is 106"


def test_a_card_is_silent_on_what_is_like_the_average() -> None:
    summary = example()
    alike = {f.name: f.mean for f in summary.features}
    segment = summary.segments[0].model_copy(update={"profile": alike})
    assert words.distinctive(segment, summary.features) == []


def test_a_segment_without_a_name_goes_by_its_number() -> None:
    segments = example().segments
    assert [words.title(segment) for segment in segments[:2]] == ["Segment 1", "Regulars"]


def test_a_centre_is_taken_back_to_the_unit_of_its_column() -> None:
    summary = example()
    mean = summary.mixture.means[0][0]
    assert words.centre(summary, 0, 1) == pytest.approx(2.718281828 ** (2 * mean + 0.5) - 1)
    assert words.centre(summary, 3, 1) == pytest.approx(2 * summary.mixture.means[0][3] + 0.5)


@pytest.mark.parametrize(
    ("value", "written"), [(None, "0"), (1234567.0, "1235000"), (0.0123456, "0.01235"), (2.0, "2")]
)
def test_an_input_starts_with_a_number_that_can_be_read(value: float | None, written: str) -> None:
    assert words.short(value) == written


def test_a_distance_has_its_sign() -> None:
    feature = example().features[1]
    assert feature.mean is not None
    assert words.distance(feature.mean, feature) == "+0.00"
    assert words.distance(feature.mean - 4.736, feature) == "\N{MINUS SIGN}1.00"
    assert words.distance(None, feature) == words.NOTHING
