"""The summary: true to the artifact, and complete."""

import json
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from include.gmm.errors import InputError
from include.gmm.projection import discriminant_axes
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.summary import Summary
from include.gmm.versions import artifacts, saved_summary
from include.gmm.versions.records import Reference
from tests.gmm.snapshots import evaluate, train


@pytest.fixture(autouse=True)
def _drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes seconds; what is drawn has tests of its own."""
    monkeypatch.setattr("include.gmm.page.export.report", lambda summary: f"of {summary.version}")


@pytest.fixture
def reference(shoppers: pd.DataFrame, segmentation: Segmentation, store: Store) -> Reference:
    return train(shoppers, segmentation, store, "x")


@pytest.fixture
def summary(store: Store, reference: Reference, shoppers: pd.DataFrame) -> Summary:
    return evaluate(store, reference, shoppers, "x")


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
        assigned = probabilities[probabilities.argmax(axis=1) == segment.number - 1]
        assert segment.mean_memberships == pytest.approx(assigned.mean(axis=0), abs=1e-8)
        assert segment.profile["euros"] == pytest.approx(
            np.average(shoppers["euros"], weights=column)
        )
    largest = probabilities.max(axis=1)
    assert summary.evaluation.mean_largest_probability == pytest.approx(largest.mean())
    assert summary.evaluation.share_below_60_percent == pytest.approx((largest < 0.6).mean())


def test_the_least_log_density_is_that_of_the_row_least_like_the_others(
    summary: Summary, shoppers: pd.DataFrame
) -> None:
    """By the formula that the page has: of standardised values, with the published parameters."""
    columns = []
    for feature in summary.features:
        if feature.in_mixture:
            values = shoppers[feature.name].to_numpy()
            transformed = np.log1p(values) if feature.transform == "log1p" else values
            assert feature.scale is not None
            columns.append((transformed - feature.centre) / feature.scale)
    rows, d = np.column_stack(columns), len(columns)
    mixture, kind = summary.mixture, summary.covariance_type
    given: Any = mixture.covariances
    covariances = [given] * len(mixture.weights) if kind == "tied" else given
    densities = sum(
        weight
        * multivariate_normal(
            mean, np.eye(d) * covariance if kind in ("diag", "spherical") else covariance
        ).pdf(rows)
        for weight, mean, covariance in zip(
            mixture.weights, mixture.means, covariances, strict=True
        )
    )
    assert summary.evaluation.least_log_density == pytest.approx(np.log(densities.min()))


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
    summary: Summary, store: Store, reference: Reference
) -> None:
    assert saved_summary.read(store, reference) == summary
    assert (
        Summary.model_validate(json.loads(json.dumps(summary.model_dump(mode="json")))) == summary
    )


def test_the_page_stands_beside_the_summary(
    summary: Summary, store: Store, reference: Reference
) -> None:
    folder = Path(store.address(artifacts.file_of(reference, "model.joblib"))).parent
    assert (folder / "report.html").read_text() == f"of {summary.version}"
    assert {path.name for path in folder.iterdir()} == {
        *("model.joblib", "choice.json", "manifest.json", "profile.json"),
        *("summary.json", "report.html", "card.md", "card.html"),
    }


def test_the_parameters_in_the_summary_score_rows_as_the_saved_model_does(
    summary: Summary, shoppers: pd.DataFrame
) -> None:
    """With nothing but the summary: transform, standardise, and weigh the densities."""
    features = [feature for feature in summary.features if feature.in_mixture]
    raw = np.column_stack([shoppers[feature.name] for feature in features]).astype(float)
    for place, feature in enumerate(features):
        read = np.log1p(raw[:, place]) if feature.transform == "log1p" else raw[:, place]
        assert feature.centre is not None
        assert feature.scale is not None
        raw[:, place] = (read - feature.centre) / feature.scale
    assert summary.covariance_type in ("full", "diag")  # SciPy takes both as they are
    mixture = summary.mixture
    densities = np.column_stack(
        [
            weight * multivariate_normal(mean, covariance).pdf(raw)
            for weight, mean, covariance in zip(
                mixture.weights, mixture.means, mixture.covariances, strict=True
            )
        ]
    )
    np.testing.assert_allclose(
        densities / densities.sum(axis=1, keepdims=True),
        joblib.load(summary.model_path).predict_proba(shoppers),
        atol=1e-6,
    )


def test_columns_that_only_describe_have_no_centre_and_no_scale(summary: Summary) -> None:
    described = {feature.name: (feature.centre, feature.scale) for feature in summary.features}
    assert described["age"] == (None, None)
    assert None not in described["visits"]


def test_the_axes_are_those_of_the_saved_model(summary: Summary) -> None:
    mixture = joblib.load(summary.model_path).named_steps["mixture"]
    np.testing.assert_allclose(summary.mixture.axes, discriminant_axes(mixture), rtol=1e-8)


def test_the_rows_shown_are_rows_of_the_table(summary: Summary, shoppers: pd.DataFrame) -> None:
    shown = sorted(summary.sample.values)
    table = sorted(
        [float(visits), float(f"{euros:.5g}")]
        for visits, euros in zip(shoppers["visits"], shoppers["euros"], strict=True)
    )
    assert shown == table
    assert summary.ambiguous
    for row in summary.ambiguous:
        found = shoppers[shoppers["shopper"] == row.key]
        assert row.values == found[["visits", "euros"]].to_numpy()[0].tolist()
        probabilities = joblib.load(summary.model_path).predict_proba(found)[0]
        assert row.probabilities == pytest.approx(probabilities, abs=1e-8)


def test_a_segment_to_which_no_row_is_assigned_has_no_means(
    store: Store,
    reference: Reference,
    shoppers: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    manifest, model = artifacts.load(store, reference)
    mixture = model.named_steps["mixture"]
    mixture.weights_ = np.array([1 - 1e-300, 1e-300])
    monkeypatch.setattr(artifacts, "load", lambda *_: (manifest, model))
    first, second = evaluate(store, reference, shoppers, "x").segments
    assert first.mean_memberships == [1, 0]
    assert second.rows == 0
    assert second.mean_memberships == []


def named(
    store: Store, shoppers: pd.DataFrame, segmentation: Segmentation, names: dict[int, str]
) -> Summary:
    settings = segmentation.model_copy(update={"segment_names": names})
    return evaluate(store, train(shoppers, settings, store, "x"), shoppers, "x")


def test_segments_have_the_names_that_the_file_gives_them(
    store: Store, shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    summary = named(store, shoppers, segmentation, {2: "Regulars"})
    assert [segment.name for segment in summary.segments] == ["", "Regulars"]
    assert not any("segment_names" in warning for warning in summary.cautions)


def test_names_that_were_given_for_more_segments_are_not_used_and_that_is_told(
    store: Store, shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    names = {9: "Nobody", 1: "Most", 3: "Strangers"}
    summary = named(store, shoppers, segmentation, names)
    assert [segment.name for segment in summary.segments] == ["", ""]
    assert summary.cautions[-1] == (
        "segment_names goes beyond the last segment, 2 (Nobody, Strangers): it was made for "
        "another fit, so no name is used. Look at the segments and name them again."
    )


def test_features_that_changed_since_the_fit_are_refused(
    store: Store, reference: Reference, shoppers: pd.DataFrame
) -> None:
    with pytest.raises(InputError, match="changed after version"):
        evaluate(store, reference, shoppers.assign(visits=shoppers["visits"] + 1), "x")


def test_a_model_inside_the_project_is_shown_relative_to_it(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    store: Store,
    reference: Reference,
    shoppers: pd.DataFrame,
) -> None:
    monkeypatch.setattr("include.gmm.evaluation.PROJECT", folder)
    path = evaluate(store, reference, shoppers, "x").model_path
    assert path == f"shoppers/{reference.version}/model.joblib"
