"""The summary stays small enough for XCom and the browser, whatever it is of."""

from __future__ import annotations

import numpy as np
from sklearn.mixture import GaussianMixture

from include.gmm.projection import discriminant_axes
from include.gmm.rounding import significant
from include.gmm.sampling import SAMPLE_VALUES
from include.gmm.summary import (
    SAMPLE_ROWS,
    CandidateSummary,
    MixtureSummary,
    Row,
    Sample,
    Summary,
    of_segment,
)
from tests.gmm.page.examples import after_a_champion, example

NUMBER = -1234567.1234567891


def largest(features: int) -> Summary:
    """Fifty segments, the most that the settings admit, with numbers as long as they come."""
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(50, features, features))
    mixture = GaussianMixture(50)
    mixture.weights_ = rng.dirichlet(np.ones(50))
    mixture.means_ = rng.normal(size=(50, features))
    mixture.covariances_ = roots @ roots.transpose(0, 2, 1)
    summary = example(50)
    feature = summary.features[0].model_copy(update={"mean": NUMBER, "median": NUMBER})
    names = [f"feature_{number}" for number in range(features)]
    segment = summary.segments[0].model_copy(
        update={
            "histogram": [5_000_000] * 20,
            "mean_memberships": [0.123456789] * 50,
            "profile": dict.fromkeys(names, NUMBER),
        }
    )
    rows = min(SAMPLE_ROWS, SAMPLE_VALUES // features)
    hard = Row(
        key="k" * 36, values=[NUMBER] * features, probabilities=rng.random(50).round(9).tolist()
    )
    candidate = CandidateSummary(
        n_components=50,
        covariance_type="spherical",
        degrees_of_freedom=24_799,
        smallest_eigenvalue=NUMBER,
        degenerate=True,
        converged=False,
        passes=1000,
        seconds=1234.567,
        eigenvalue_floor=1e-05,
        starts=20,
        starts_agreed=20,
        reason="a component collapsed: variance 1.0e-06 in some direction",
        **dict.fromkeys(("log_likelihood", "bic", "icl", "aic"), NUMBER),
    )
    return summary.model_copy(
        update={
            "features": [feature.model_copy(update={"name": name}) for name in names],
            "segments": [segment] * 50,
            "candidates": [candidate] * 200,
            "mixture": MixtureSummary(
                weights=significant(mixture.weights_, 9),
                means=significant(mixture.means_, 9),
                covariances=significant(mixture.covariances_, 9),
                axes=significant(discriminant_axes(mixture), 9),
            ),
            "ambiguous": [hard] * 10,
            "sample": Sample(
                values=[[float(f"{NUMBER:.5g}")] * features] * rows,
                segments=[50] * rows,
                probabilities=[0.1234] * rows,
            ),
        }
    )


def test_fifty_segments_of_thirty_features_stay_under_a_megabyte() -> None:
    """Most of it are the 45,000 entries of the covariance matrices."""
    assert len(largest(30).model_dump_json()) < 1_000_000


def test_fifty_segments_of_five_features_stay_under_250_kilobytes() -> None:
    assert len(largest(5).model_dump_json()) < 250_000


def test_a_warning_of_a_component_is_told_by_the_id_of_its_segment() -> None:
    told = "Component 2 sits on one value of column orders: that value is frequent."
    assert of_segment(told, "Component", {1: 7, 2: 4}).startswith("Segment 4 sits on one value")
    assert of_segment("There are 2 of them.", "Component", {}) == "There are 2 of them."


def test_a_warning_follows_its_segment_when_the_version_is_compared_anew() -> None:
    summary, succession = example(), after_a_champion()
    before, after = next(
        (segment.number, number)
        for segment, number in zip(summary.segments, succession.segment_ids, strict=True)
        if segment.number != number
    )
    warned = summary.model_copy(update={"warnings": [f"Segment {before} sits on one value."]})
    assert warned.following(succession).warnings == [f"Segment {after} sits on one value."]
