"""The summary stays small enough for XCom and the browser, whatever it is of."""

from __future__ import annotations

import numpy as np
from sklearn.mixture import GaussianMixture

from include.gmm.projection import discriminant_axes
from include.gmm.rounding import significant
from include.gmm.sampling import SAMPLE_ROWS, SAMPLE_VALUES
from include.gmm.summary import CandidateSummary, MixtureSummary, Row, Sample, Summary
from tests.gmm.page.examples import example

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
