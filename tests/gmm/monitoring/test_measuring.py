"""Data of today beside those of a version: what is a breach, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from include.gmm.drift import Drift, Measure
from include.gmm.errors import InputError
from include.gmm.monitoring.measuring import Baseline, measure
from include.gmm.settings import Feature, Segmentation
from tests.gmm.snapshots import rows_of

Draw = Callable[..., pd.DataFrame]
Measured = Callable[[pd.DataFrame], Drift]


@pytest.fixture
def measured(base: Baseline, shop: Segmentation) -> Measured:
    def of(frame: pd.DataFrame) -> Drift:
        return measure(base, rows_of(frame, shop.features, "shop"), shop, "shop")

    return of


def named(drift: Drift, name: str) -> Measure:
    return next(each for each in drift.measures if each.name == name)


def test_the_rows_that_were_fitted_have_not_drifted_at_all(measured: Measured, draw: Draw) -> None:
    drift = measured(draw(0))
    assert not drift.breached
    assert [each.value for each in drift.measures] == pytest.approx([0] * 5, abs=1e-12)
    assert drift.sentence == "No drift: none of the 5 measures is a breach."
    assert [each.then for each in drift.features] == [each.now for each in drift.features]


@pytest.mark.parametrize("seed", range(1, 21))
def test_another_sample_of_the_same_distribution_is_no_breach(
    measured: Measured, draw: Draw, seed: int
) -> None:
    drift = measured(draw(seed))
    assert not drift.breached, drift.sentence


@pytest.mark.parametrize("seed", range(1, 21))
def test_few_rows_of_the_same_distribution_are_no_breach(
    measured: Measured, draw: Draw, seed: int
) -> None:
    drift = measured(draw(seed, 40))
    assert not drift.breached, drift.sentence


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("feature", ["visits", "euros"])
def test_a_shift_by_half_a_standard_deviation_is_a_breach_of_that_feature(
    measured: Measured, draw: Draw, feature: str, seed: int
) -> None:
    frame = draw(seed)
    frame[feature] += frame[feature].std() / 2
    drift = measured(frame)
    assert drift.breached
    assert {each.name for each in drift.measures if each.breached and each.kind == "feature"} == {
        feature
    }
    assert named(drift, feature).label in drift.sentence


def test_more_of_a_segment_is_a_breach_of_the_shares_under_its_id(
    measured: Measured, base: Baseline, draw: Draw
) -> None:
    frame = draw(1)
    rare = frame["visits"] <= 5
    frame = pd.concat([frame[rare][:2_000], frame[~rare]])
    drift = measured(frame)
    assert named(drift, "segment_shares").breached
    components = base.model.predict(frame)
    now = {number: (components == place).mean() for place, number in enumerate(base.segment_ids)}
    assert {each.number: each.now for each in drift.segments} == pytest.approx(now)
    assert {each.number: each.name for each in drift.segments} == {7: "", 3: "Regulars"}


def test_rows_where_there_were_none_are_a_breach_of_log_likelihood_and_a_rise_is_none(
    measured: Measured, draw: Draw
) -> None:
    frame = draw(2)
    frame.loc[:999, "euros"] *= 1_000
    fallen = named(measured(frame), "log_likelihood")
    assert fallen.breached
    assert fallen.value > 0.3
    middle = draw(2).query("visits <= 2 and 15 < euros < 30")
    risen = named(measured(middle), "log_likelihood")
    assert risen.value < -0.3
    assert not risen.breached


def test_rows_between_the_segments_are_a_breach_of_sureness(
    measured: Measured, base: Baseline, draw: Draw
) -> None:
    visits, euros = np.meshgrid(np.arange(1.0, 12), np.geomspace(10, 300, 400))
    grid = pd.DataFrame({"visits": visits.ravel(), "euros": euros.ravel()})
    between = grid[base.model.predict_proba(grid).max(axis=1) < 0.8]
    frame = draw(3)[: 3 * len(between)]
    frame = pd.concat([frame, between.assign(shopper=between.index.astype(str))])
    sureness = named(measured(frame), "sureness")
    assert sureness.breached
    assert "points" in sureness.sentence


def test_thresholds_are_those_of_the_settings_of_today(
    base: Baseline, shop: Segmentation, draw: Draw
) -> None:
    strict = shop.monitoring.thresholds.model_copy(update={"feature_psi": 1e-9})
    changed = shop.model_copy(
        update={"monitoring": shop.monitoring.model_copy(update={"thresholds": strict})}
    )
    frame = draw(4)
    frame["euros"] *= 1.2
    drift = measure(base, rows_of(frame, shop.features, "shop"), changed, "shop")
    euros, visits = named(drift, "euros"), named(drift, "visits")
    assert euros.threshold == 1e-9
    assert euros.breached
    assert "over the threshold of 1e-09." in euros.sentence
    assert not visits.breached, "chance explains it"
    assert "chance alone reaches" in visits.sentence


def test_a_table_without_a_feature_is_refused_by_its_name(
    base: Baseline, shop: Segmentation, draw: Draw
) -> None:
    visits = {"visits": shop.features.columns["visits"]}
    lacking = rows_of(draw(1), shop.features.model_copy(update={"columns": visits}), "shop")
    with pytest.raises(InputError, match="shop: no feature euros, which version 2"):
        measure(base, lacking, shop, "shop")


def test_a_profile_of_other_features_is_refused_with_both(
    base: Baseline, shop: Segmentation, draw: Draw
) -> None:
    visits = {"visits": base.profile.features["visits"]}
    other = replace(base, profile=base.profile.model_copy(update={"features": visits}))
    with pytest.raises(InputError, match="has the features visits, and its model reads visits, eu"):
        measure(other, rows_of(draw(1), shop.features, "shop"), shop, "shop")


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("euros", -3.0, "column 'euros' has values of -1 or less, such as -3"),
        ("visits", 1e200, r"column 'visits' has values beyond 1e\+50, such as 1e\+200, in 1 row"),
    ],
)
def test_values_that_the_model_cannot_take_are_refused(
    measured: Measured, draw: Draw, column: str, value: float, told: str
) -> None:
    frame = draw(1).astype({"visits": float})
    frame.loc[5, column] = value
    with pytest.raises(InputError, match=told):
        measured(frame)


def test_a_value_too_many_standard_deviations_away_is_refused(
    base: Baseline, shop: Segmentation, draw: Draw
) -> None:
    model = deepcopy(base.model)
    model.named_steps["scale"].scale_ *= 1e-60
    rows = rows_of(draw(1), shop.features, "shop")
    with pytest.raises(InputError, match="column 'visits' has values too large to reckon with"):
        measure(replace(base, model=model), rows, shop, "shop")


def test_rows_without_a_value_are_counted_beside_those_of_then(
    base: Baseline, shop: Segmentation, draw: Draw
) -> None:
    drop = shop.features.model_copy(update={"missing": "drop"})
    frame = draw(1).astype({"visits": float})
    frame.loc[range(50), "visits"] = np.nan
    drift = measure(base, rows_of(frame, drop, "shop"), shop, "shop")
    assert drift.rows_now == len(frame) - 50
    assert drift.sentence.endswith(
        "50 rows (1.0 %) lack a value and were left out; 0.0 % did when the version was fitted."
    )


def test_the_largest_values_that_are_taken_still_give_numbers(
    measured: Measured, draw: Draw
) -> None:
    frame = draw(1).astype({"visits": float})
    frame.loc[5, "visits"] = 1e50
    assert named(measured(frame), "log_likelihood").breached


def test_columns_that_the_version_does_not_read_do_not_matter(
    base: Baseline, shop: Segmentation, draw: Draw, measured: Measured
) -> None:
    columns = {name: Feature() for name in ("added", "euros", "visits")}
    more = shop.features.model_copy(update={"columns": columns})
    drift = measure(base, rows_of(draw(1).assign(added=1.0), more), shop, "shop")
    assert drift.measures == measured(draw(1)).measures


def test_a_drift_reads_back_as_it_was_written(measured: Measured, draw: Draw) -> None:
    drift = measured(draw(1))
    assert Drift.model_validate_json(drift.model_dump_json()) == drift
    assert len(drift.model_dump_json()) < 5_000
