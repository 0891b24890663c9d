"""The charts: drawn for one and for many segments, true to the summary, and safe."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

from include.gmm.page import vega
from include.gmm.page.charts import CHARTS, THEMES, ThemeName
from include.gmm.page.charts.scatter import covariances
from include.gmm.summary import MixtureSummary, Sample, Summary
from tests.gmm.page.examples import HOSTILE, after_a_champion, example

pytestmark = pytest.mark.usefixtures("drawn_here")

THEME_NAMES: tuple[ThemeName, ...] = ("light", "dark")
SVG = "{http://www.w3.org/2000/svg}"


def draw(name: str, segments: int = 5, theme: ThemeName = "light", label: str = "Order") -> str:
    return drawn(following(segments, label), name, theme)


def following(segments: int = 5, label: str = "Order") -> Summary:
    """With a champion before it: there is every chart."""
    return example(segments, label).following(after_a_champion(segments))


def drawn(summary: Summary, name: str, theme: ThemeName = "light") -> str:
    made = vega.specification(summary, name, theme)
    assert made is not None
    return vega.as_svg(made)


def texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


@pytest.mark.parametrize("theme", THEME_NAMES)
@pytest.mark.parametrize("segments", [1, 50])
@pytest.mark.parametrize("name", CHARTS)
def test_each_chart_is_drawn_for_one_and_for_fifty_segments(
    name: str, segments: int, theme: ThemeName
) -> None:
    root = ElementTree.fromstring(draw(name, segments, theme))  # noqa: S314
    assert root.tag == f"{SVG}svg"
    assert float(root.attrib["width"]) < 480, "a phone shows it whole"


@pytest.mark.parametrize("name", CHARTS)
def test_no_chart_carries_markup_of_the_user_or_anything_from_elsewhere(name: str) -> None:
    svg = draw(name, label=HOSTILE)
    tags = {node.tag for node in ElementTree.fromstring(svg).iter()}  # noqa: S314
    assert not tags & {f"{SVG}{tag}" for tag in ("script", "image", "foreignObject", "style", "a")}
    assert "style=" not in svg


def test_a_label_stands_in_the_chart_as_it_was_written() -> None:
    assert any(
        text.startswith("<script>alert(1)") for text in texts(draw("profiles", label=HOSTILE))
    )


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_what_no_xml_may_hold_is_replaced_in_a_chart(character: str) -> None:
    summary = example()
    feature = summary.features[0].model_copy(update={"label": f"a{character}b\tc"})
    made = vega.specification(
        summary.model_copy(update={"features": [feature]}), "profiles", "light"
    )
    assert made is not None
    (rows,) = made["datasets"].values()
    assert {row["feature"] for row in rows} == {"a\N{REPLACEMENT CHARACTER}b\tc"}
    assert json.dumps(character)[1:-1] not in vega.as_json(made)


def test_a_number_beyond_all_numbers_is_left_out_of_a_chart() -> None:
    summary = example()
    feature = summary.features[0].model_copy(update={"mean": -1e308, "standard_deviation": 1e-308})
    segments = [
        each.model_copy(update={"profile": {**each.profile, feature.name: 1e308}})
        for each in summary.segments
    ]
    changed = {"features": [feature, *summary.features[1:]], "segments": segments}
    made = vega.specification(summary.model_copy(update=changed), "profiles", "light")
    assert made is not None
    assert "Infinity" not in vega.as_json(made)


def test_the_bars_of_the_shares_are_labelled_with_them() -> None:
    assert {"36.1 %", "25.2 %", "17.7 %", "12.4 %", "8.7 %"} <= set(texts(draw("shares")))


@pytest.mark.parametrize("theme", THEME_NAMES)
def test_a_segment_has_one_colour_in_all_charts(theme: ThemeName) -> None:
    for name in ("shares", "flow", "membership", "map", "map-0-1"):
        svg = draw(name, 5, theme)
        for number in (1, 2, 3, 4, 6):
            assert f'fill="{THEMES[theme].segment(number)}"' in svg


def test_crosses_are_the_degenerate_candidates_and_one_is_chosen() -> None:
    written = texts(draw("bic"))
    assert written.count("\N{MULTIPLICATION SIGN}") == sum(
        candidate.degenerate for candidate in example().candidates
    )
    assert written.count("chosen") == 1


def test_the_lines_of_the_bic_leave_degenerate_candidates_out() -> None:
    summary = example()
    specification = CHARTS["bic"](summary, THEMES["light"]).to_dict()
    line = specification["layer"][0]
    (rows,) = specification["datasets"].values()
    assert line["mark"]["type"] == "line"
    assert line["encoding"]["y"]["field"] == "sound"
    assert [row["sound"] is None for row in rows] == [c.degenerate for c in summary.candidates]


def test_a_table_whose_candidates_are_all_degenerate_is_still_drawn() -> None:
    summary = example()
    candidates = [
        candidate.model_copy(update={"degenerate": True}) for candidate in summary.candidates
    ]
    assert drawn(summary.model_copy(update={"candidates": candidates}), "bic")


@pytest.mark.parametrize(
    "name", ["__init__", "map-0-4", "map-1-1", "map-0-", "map-0-1-2", "map-٣-1"]
)
def test_there_is_no_chart_of_another_name(name: str) -> None:
    assert vega.specification(example(), name, "light") is None


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_the_map_outlines_two_standard_deviations_of_every_covariance_type(kind: str) -> None:
    variance = 2.25
    given: dict[str, Any] = {
        "full": [[[variance, 0.0], [0.0, variance]]] * 2,
        "tied": [[variance, 0.0], [0.0, variance]],
        "diag": [[variance, variance]] * 2,
        "spherical": [variance] * 2,
    }
    outlines = outlines_of(flat(kind, given[kind]))
    for outline, centre in zip(outlines, ([0.0, 0.0], [5.0, 1.0]), strict=True):
        distances = np.linalg.norm(outline - np.array(centre), axis=1)
        np.testing.assert_allclose(distances, 2 * np.sqrt(variance), atol=1e-5)


def test_the_map_of_two_features_is_in_their_own_units() -> None:
    summary = flat("spherical", [0.01, 0.01])
    (feature, other) = summary.features
    logged = feature.model_copy(update={"transform": "log1p", "centre": 3.0, "scale": 0.5})
    summary = summary.model_copy(update={"features": [logged, other]})
    first = outlines_of(summary, "map-0-1")[0]
    low, high = np.expm1(3.0 - 0.5 * 0.2), np.expm1(3.0 + 0.5 * 0.2)
    np.testing.assert_allclose([first[:, 0].min(), first[:, 0].max()], [low, high], rtol=1e-3)


def test_with_one_feature_the_map_is_a_line_of_ticks_for_each_segment() -> None:
    summary = flat("spherical", [1.0, 1.0])
    mixture = summary.mixture.model_copy(update={"means": [[0.0], [5.0]], "axes": [[1.0]]})
    sample = summary.sample.model_copy(update={"values": [[0.1], [4.8]]})
    one = summary.model_copy(
        update={"features": summary.features[:1], "mixture": mixture, "sample": sample}
    )
    made = vega.specification(one, "map", "light")
    assert made is not None
    assert made["mark"]["type"] == "tick"
    assert vega.as_svg(made)


def test_a_covariance_that_is_shared_is_that_of_every_component() -> None:
    shared = covariances(flat("tied", [[2.0, 0.5], [0.5, 1.0]]))
    np.testing.assert_array_equal(shared[0], shared[1])


def test_a_chart_of_profiles_says_distances_from_the_mean() -> None:
    summary = example()
    feature = summary.features[1]
    assert feature.mean is not None
    assert feature.standard_deviation is not None
    value = summary.segments[4].profile["orders"]
    assert value is not None
    expected = f"{(value - feature.mean) / feature.standard_deviation:+.1f}"
    assert expected in texts(draw("profiles"))


def test_the_confusion_is_written_in_percent() -> None:
    assert texts(draw("confusion")).count("90") == 5


def test_a_png_is_opaque_and_twice_as_large_as_the_chart() -> None:
    made = vega.specification(example(), "shares", "dark")
    assert made is not None
    png = vega.as_png(made, "dark")
    assert png.startswith(b"\x89PNG")
    width = int.from_bytes(png[16:20], "big")
    svg = ElementTree.fromstring(vega.as_svg(made))  # noqa: S314
    assert width == pytest.approx(2 * float(svg.attrib["width"]), abs=2)


def test_each_chart_describes_itself_to_those_who_cannot_see_it() -> None:
    for name in (*CHARTS, "map-0-1"):
        made = vega.specification(following(), name, "light")
        assert made is not None
        assert len(made["description"]) > 30


def flat(kind: str, covariances: list[Any]) -> Summary:
    """Two components in two standardised features."""
    summary = example(2)
    features = [
        feature.model_copy(update={"transform": "none", "centre": 0.0, "scale": 1.0})
        for feature in summary.features[:2]
    ]
    mixture = MixtureSummary(
        weights=[0.5, 0.5],
        means=[[0.0, 0.0], [5.0, 1.0]],
        covariances=covariances,
        axes=[[1.0, 0.0], [0.0, 1.0]],
    )
    sample = Sample(values=[[0.1, 0.2], [4.8, 1.3]], segments=[1, 2], probabilities=[1.0, 0.9])
    return summary.model_copy(
        update={
            "covariance_type": kind,
            "features": features,
            "mixture": mixture,
            "sample": sample,
        }
    )


def outlines_of(summary: Summary, name: str = "map") -> list[NDArray[np.float64]]:
    """The corners (49, 2) of each outline on the map."""
    made = vega.specification(summary, name, "light")
    assert made is not None
    corners = [row for rows in made["datasets"].values() for row in rows if "place" in row]
    corners = list({(row["segment"], row["place"]): row for row in corners}.values())
    numbers = sorted({row["segment"] for row in corners})
    return [
        np.array([[row["x"], row["y"]] for row in corners if row["segment"] == number])
        for number in numbers
    ]


def test_charts_that_are_asked_for_at_once_come_out_as_if_one_by_one() -> None:
    asked: list[tuple[str, ThemeName]] = [(name, theme) for name in CHARTS for theme in THEME_NAMES]
    alone = {(name, theme): draw(name, 5, theme) for name, theme in asked}
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as threads:
            at_once = list(threads.map(lambda each: (each, draw(each[0], 5, each[1])), asked * 2))
    finally:
        sys.setswitchinterval(interval)
    assert all(alone[each] == drawn for each, drawn in at_once)
