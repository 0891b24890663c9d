"""The summary: true to the artifact, and bounded in size."""

import json
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from include.gmm import artifacts
from include.gmm.errors import InputError
from include.gmm.evaluation import evaluate
from include.gmm.settings import Segmentation
from include.gmm.summary import CandidateSummary, Summary
from include.gmm.training import train


@pytest.fixture
def reference(
    shoppers: pd.DataFrame, segmentation: Segmentation, tmp_path: Path
) -> artifacts.Reference:
    return train(shoppers, segmentation, tmp_path, "x")


@pytest.fixture
def summary(tmp_path: Path, reference: artifacts.Reference, shoppers: pd.DataFrame) -> Summary:
    return evaluate(tmp_path, reference, shoppers, "x")


def test_shares_and_probabilities_are_those_of_the_saved_model(
    summary: Summary, shoppers: pd.DataFrame
) -> None:
    probabilities = joblib.load(summary.model_path).predict_proba(shoppers)
    for segment in summary.segments:
        column = probabilities[:, segment.number - 1]
        mine = column[probabilities.argmax(axis=1) == segment.number - 1]
        assert segment.rows == len(mine)
        assert segment.share == pytest.approx(len(mine) / 240)
        assert segment.mean_probability == pytest.approx(mine.mean())
        assert sum(segment.histogram) == len(mine)
        assert segment.profile["euros"] == pytest.approx(
            np.average(shoppers["euros"], weights=column)
        )
    largest = probabilities.max(axis=1)
    assert summary.evaluation.mean_largest_probability == pytest.approx(largest.mean())
    assert summary.evaluation.share_below_60_percent == pytest.approx((largest < 0.6).mean())


def test_gaps_in_a_profile_column_are_left_out_of_its_mean(
    summary: Summary, shoppers: pd.DataFrame
) -> None:
    age = next(feature for feature in summary.features if feature.name == "age")
    assert age.mean == pytest.approx(shoppers["age"].mean())
    assert not age.in_mixture
    assert all(segment.profile["age"] is not None for segment in summary.segments)


def test_fitted_and_held_out_rows_are_all_rows(summary: Summary) -> None:
    evaluation = summary.evaluation
    assert evaluation.rows_fitted + evaluation.rows_held_out == summary.rows == 240
    assert np.isfinite(evaluation.log_likelihood_per_row_held_out)


def test_the_summary_stands_beside_the_model_and_reads_back(
    summary: Summary, tmp_path: Path, reference: artifacts.Reference
) -> None:
    text = (artifacts.folder_of(tmp_path, reference) / "summary.json").read_text()
    assert Summary.model_validate_json(text) == summary
    assert (
        Summary.model_validate(json.loads(json.dumps(summary.model_dump(mode="json")))) == summary
    )


def test_features_that_changed_since_the_fit_are_refused(
    tmp_path: Path, reference: artifacts.Reference, shoppers: pd.DataFrame
) -> None:
    with pytest.raises(InputError, match="changed after version"):
        evaluate(tmp_path, reference, shoppers.assign(visits=shoppers["visits"] + 1), "x")


def test_fifty_segments_of_thirty_features_stay_under_200_kilobytes(summary: Summary) -> None:
    """The largest that the settings admit, with numbers as long as they come."""
    number = -1234567.1234567891
    feature = summary.features[0].model_copy(update={"mean": number, "median": number})
    features = [feature.model_copy(update={"name": f"feature_{n}"}) for n in range(30)]
    segment = summary.segments[0].model_copy(
        update={
            "histogram": [5_000_000] * 20,
            "profile": {feature.name: number for feature in features},
        }
    )
    candidate = CandidateSummary(
        n_components=50,
        covariance_type="spherical",
        degrees_of_freedom=24_799,
        smallest_eigenvalue=number,
        degenerate=True,
        converged=False,
        passes=1000,
        seconds=1234.567,
        eigenvalue_floor=1e-05,
        starts=20,
        starts_agreed=20,
        reason="a component collapsed: variance 1.0e-06 in some direction",
        **dict.fromkeys(("log_likelihood", "bic", "icl", "aic"), number),
    )
    largest = summary.model_copy(
        update={
            "features": features,
            "segments": [segment] * 50,
            "candidates": [candidate] * 200,
        }
    )
    assert len(json.dumps(largest.model_dump(mode="json"))) < 200_000


def test_a_model_inside_the_project_is_shown_relative_to_it(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    reference: artifacts.Reference,
    shoppers: pd.DataFrame,
) -> None:
    monkeypatch.setattr("include.gmm.evaluation.PROJECT", tmp_path.resolve())
    path = evaluate(tmp_path, reference, shoppers, "x").model_path
    assert path == f"shoppers/{reference.version}/model.joblib"
