"""A version beside the champion: who goes on with whose id, the rows that move, the gates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.features import held_out_rows
from include.gmm.settings import Segmentation
from include.gmm.training import train
from include.gmm.versions import artifacts
from include.gmm.versions.succession import compare
from tests.gmm.versions.examples import appointed, challenger, exactly, gate, reading


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def test_before_the_first_champion_ids_are_counted_and_only_own_gates_hold(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    settings = reading(segmentation, {"visits": {}, "euros": {}}, **exactly(3))
    made = challenger(models, train(shoppers, settings, models, "test"), shoppers)
    first = compare(made, None, models)
    assert (first.champion, first.serial, first.segment_ids) == (None, 0, (1, 2, 3))
    assert (first.former, first.flow, first.retired, first.moved) == ([], [], [], None)
    assert [each.name for each in first.gates] == ["degenerate", "smallest_share", "stability"]
    assert gate(first, "stability").value == 0.9


def test_a_version_beside_itself_changes_nothing(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    reference = train(shoppers, segmentation, models, "test")
    present = appointed(models, reference, (7, 3))
    same = compare(challenger(models, reference, shoppers), present, models)
    assert same.segment_ids == (7, 3)
    assert (same.champion, same.serial) == (reference.version, 1)
    assert (same.retired, same.moved) == ([], 0.0)
    assert gate(same, "log_likelihood").value == 0.0
    assert same.flow[0][1] == same.flow[1][0] == 0
    assert same.passed


def test_the_flow_counts_every_row_once_and_moves_are_those_that_change_their_id(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    former = train(shoppers, segmentation, models, "test")
    settings = reading(segmentation, {"visits": {}, "euros": {}}, **exactly(3))
    made = challenger(models, train(shoppers, settings, models, "test"), shoppers)
    grown = compare(made, appointed(models, former, (7, 3)), models)
    flow = np.array(grown.flow)
    assert flow.shape == (2, 3)
    assert flow.sum() == len(shoppers)
    assert flow.sum(axis=1).tolist() == [each.rows for each in grown.former]
    counts = np.bincount(made.probabilities.argmax(axis=1), minlength=3)
    assert flow.sum(axis=0).tolist() == counts.tolist()
    stayed = sum(
        flow[row, column]
        for row, old in enumerate(grown.former)
        for column, new in enumerate(grown.segment_ids)
        if old.number == new
    )
    assert grown.moved == pytest.approx(1 - stayed / len(shoppers))
    assert gate(grown, "moved").value == grown.moved


def test_segments_of_more_components_inherit_ids_or_get_new_ones(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    former = train(shoppers, segmentation, models, "test")
    settings = reading(segmentation, {"visits": {}, "euros": {}}, **exactly(3))
    made = challenger(models, train(shoppers, settings, models, "test"), shoppers)
    known = appointed(models, former, (7, 3)).model_copy(update={"greatest_id": 11})
    grown = compare(made, known, models)
    assert sorted(grown.segment_ids) == [3, 7, 12]
    assert grown.retired == []


def test_segments_of_fewer_components_retire_an_id(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    columns: dict[str, Any] = {"visits": {}, "euros": {}}
    former, reference = (
        train(shoppers, reading(segmentation, columns, **exactly(count)), models, "test")
        for count in (3, 2)
    )
    present = appointed(models, former, (4, 5, 6))
    fewer = compare(challenger(models, reference, shoppers), present, models)
    assert set(fewer.segment_ids) < {4, 5, 6}
    assert fewer.retired == sorted({4, 5, 6} - set(fewer.segment_ids))


def test_the_log_likelihoods_are_those_of_the_rows_that_neither_was_fitted_to(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    former = train(shoppers.iloc[:120], segmentation, models, "test")
    reference = train(shoppers, segmentation, models, "test")
    made = challenger(models, reference, shoppers)
    held_out = held_out_rows(made.table.keys, segmentation.mixture.held_out)
    of_champion = challenger(models, former, shoppers).log_densities
    told = gate(compare(made, appointed(models, former, (1, 2)), models), "log_likelihood")
    difference = made.log_densities[held_out].mean() - of_champion[held_out].mean()
    assert told.value == pytest.approx(difference)
    assert difference != pytest.approx((made.log_densities - of_champion).mean())


def test_another_transform_of_the_same_features_can_be_compared(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    poor, good = (
        train(
            shoppers,
            reading(segmentation, {"euros": {"transform": transform}}, **exactly(1)),
            models,
            "test",
        )
        for transform in ("none", "log1p")
    )
    present = appointed(models, poor, (1,))
    gained = gate(compare(challenger(models, good, shoppers), present, models), "log_likelihood")
    assert gained.value is not None
    assert gained.value > 0.5, "lognormal values are far from a Gaussian"


def test_the_order_of_the_features_does_not_matter(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    both: dict[str, Any] = {"visits": {}, "euros": {}}
    former, reference = (
        train(shoppers, reading(segmentation, columns), models, "test")
        for columns in (both, dict(reversed(both.items())))
    )
    present = appointed(models, former, (7, 3))
    same = compare(challenger(models, reference, shoppers), present, models)
    assert set(same.segment_ids) == {7, 3}
    assert gate(same, "log_likelihood").value == pytest.approx(0, abs=1e-3)
    assert same.moved == pytest.approx(0, abs=0.01)


def test_a_champion_that_reads_other_features_leaves_strangers_that_fail(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    former = train(shoppers, segmentation, models, "test")
    settings = reading(segmentation, {"visits": {}}, **exactly(2))
    made = challenger(models, train(shoppers, settings, models, "test"), shoppers)
    stranger = compare(made, appointed(models, former, (7, 3)), models)
    assert stranger.segment_ids == (8, 9)
    assert stranger.retired == [3, 7]
    assert (stranger.former, stranger.flow, stranger.moved) == ([], [], None)
    assert stranger.note.endswith("reads features that are not here: euros.")
    failed = [each.name for each in stranger.gates if not each.passed]
    assert failed == ["log_likelihood", "moved"]
    assert all(gate(stranger, name).value is None for name in failed)


def test_values_that_the_champion_cannot_take_as_log1p_leave_strangers(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    former = train(shoppers, segmentation, models, "test")
    lower = shoppers.assign(euros=shoppers.euros - 50)
    columns: dict[str, Any] = {"visits": {}, "euros": {"transform": "none"}}
    reference = train(lower, reading(segmentation, columns), models, "test")
    made = challenger(models, reference, lower)
    stranger = compare(made, appointed(models, former, (1, 2)), models)
    assert "reads euros as log1p" in stranger.note
    assert not set(stranger.segment_ids) & {1, 2}
    assert not stranger.passed


def test_with_another_feature_besides_moves_are_told_and_log_likelihoods_are_not(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    former = train(shoppers, reading(segmentation, {"visits": {}}, **exactly(2)), models, "test")
    made = challenger(models, train(shoppers, segmentation, models, "test"), shoppers)
    more = compare(made, appointed(models, former, (7, 3)), models)
    assert set(more.segment_ids) == {7, 3}
    assert gate(more, "moved").passed
    assert (gate(more, "log_likelihood").value, gate(more, "log_likelihood").passed) == (
        None,
        False,
    )


def test_former_segments_have_the_names_of_their_ids(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    named = segmentation.model_copy(update={"segment_names": {3: "Regulars", 1: "Nobody"}})
    reference = train(shoppers, named, models, "test")
    present = appointed(models, reference, (7, 3))
    same = compare(challenger(models, reference, shoppers), present, models)
    assert [(each.number, each.name) for each in same.former] == [(7, ""), (3, "Regulars")]


def test_a_segment_without_rows_fails_the_gate_of_the_smallest_one(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    made = challenger(models, train(shoppers, segmentation, models, "test"), shoppers)
    nobody = np.column_stack([made.probabilities, np.zeros(len(shoppers))])
    smallest = gate(compare(replace(made, probabilities=nobody), None, models), "smallest_share")
    assert (smallest.value, smallest.passed) == (0.0, False)


def test_the_limits_are_those_of_the_version_that_would_follow(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    content = segmentation.model_dump(mode="json")
    limits = {"log_likelihood": 0.5, "smallest_share": 0.9, "stability": 0.95, "moved": 0.25}
    content["promotion"]["gates"] = limits
    former = train(shoppers, segmentation, models, "test")
    reference = train(shoppers, Segmentation.model_validate(content), models, "test")
    present = appointed(models, former, (1, 2))
    strict = compare(challenger(models, reference, shoppers), present, models)
    told = {each.name: each.limit for each in strict.gates if each.name != "degenerate"}
    assert told == {**limits, "log_likelihood": -0.5}
    failed = [each.name for each in strict.gates if not each.passed]
    assert failed == ["smallest_share", "stability"]


def test_a_damaged_champion_is_named(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    reference = train(shoppers, segmentation, models, "test")
    present = appointed(models, reference, (1, 2))
    made = challenger(models, reference, shoppers)
    (artifacts.folder_of(models, reference) / "model.joblib").write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"model\.joblib: SHA-256 differs"):
        compare(made, present, models)
