"""The summary stays small enough for XCom and the browser, whatever it is of."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.mixture import GaussianMixture

from include.gmm.projection import discriminant_axes
from include.gmm.rounding import significant
from include.gmm.sampling import SAMPLE_VALUES
from include.gmm.summary import (
    SAMPLE_ROWS,
    CandidateSummary,
    Caution,
    MixtureSummary,
    Row,
    Sample,
    Summary,
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


def test_a_caution_of_a_component_is_told_by_the_id_that_its_segment_has_now() -> None:
    summary, succession = example(), after_a_champion()
    place = next(
        place
        for place, number in enumerate(succession.segment_ids)
        if summary.segments[place].number != number
    )
    cautions = [Caution(sentence="sits on 0.", component=place), Caution(sentence="Segment 1 is.")]
    warned = summary.model_copy(update={"warnings": cautions})
    before, after = summary.segments[place].number, succession.segment_ids[place]
    assert warned.cautions == [f"Segment {before} sits on 0.", "Segment 1 is."]
    assert warned.following(succession).cautions == [f"Segment {after} sits on 0.", "Segment 1 is."]


def test_a_caution_of_a_component_that_is_not_there_is_refused() -> None:
    stored = example(3).model_dump() | {"warnings": [{"sentence": "is small.", "component": 3}]}
    with pytest.raises(ValidationError, match="warnings: there are no such components"):
        Summary.model_validate(stored)
