"""A version beside the champion: who goes on with whose id, the rows that move, the gates."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from include.gmm.model import Model
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions import artifacts
from include.gmm.versions.succession import compare
from tests.gmm.snapshots import train
from tests.gmm.versions.examples import (
    applied,
    appointed,
    challenger,
    exactly,
    gate,
    log_densities,
    reading,
)


def test_before_the_first_champion_ids_are_counted_and_only_own_gates_hold(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    settings = reading(segmentation, {"visits": {}, "euros": {}}, **exactly(3))
    made = challenger(store, train(shoppers, settings, store, "test"), shoppers)
    first = compare(made, None, store)
    assert (first.champion, first.serial, first.segment_ids) == (None, 0, (1, 2, 3))
    assert (first.former, first.flow, first.retired, first.moved) == ([], [], [], None)
    assert [each.name for each in first.gates] == ["degenerate", "smallest_share", "stability"]
    assert gate(first, "stability").value == 0.9


def test_a_version_beside_itself_changes_nothing(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    reference = train(shoppers, segmentation, store, "test")
    present = appointed(store, reference, (7, 3))
    same = compare(challenger(store, reference, shoppers), present, store)
    assert same.segment_ids == (7, 3)
    assert (same.champion, same.serial) == (reference.version, 1)
    assert (same.retired, same.moved) == ([], 0.0)
    assert gate(same, "log_likelihood").value == 0.0
    assert same.flow[0][1] == same.flow[1][0] == 0
    assert same.passed


def test_the_flow_counts_every_row_once_and_moves_are_those_that_change_their_id(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    former = train(shoppers, segmentation, store, "test")
    settings = reading(segmentation, {"visits": {}, "euros": {}}, **exactly(3))
    made = challenger(store, train(shoppers, settings, store, "test"), shoppers)
    grown = compare(made, appointed(store, former, (7, 3)), store)
    flow = np.array(grown.flow)
    assert flow.shape == (2, 3)
    assert flow.sum() == len(shoppers)
    assert flow.sum(axis=1).tolist() == [each.rows for each in grown.former]
    counts = np.bincount(applied(made)[1].most_probable, minlength=3)
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
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    former = train(shoppers, segmentation, store, "test")
    settings = reading(segmentation, {"visits": {}, "euros": {}}, **exactly(3))
    made = challenger(store, train(shoppers, settings, store, "test"), shoppers)
    known = appointed(store, former, (7, 3)).model_copy(update={"greatest_id": 11})
    grown = compare(made, known, store)
    assert sorted(grown.segment_ids) == [3, 7, 12]
    assert grown.retired == []


def test_segments_of_fewer_components_retire_an_id(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    columns: dict[str, Any] = {"visits": {}, "euros": {}}
    former, reference = (
        train(shoppers, reading(segmentation, columns, **exactly(count)), store, "test")
        for count in (3, 2)
    )
    present = appointed(store, former, (4, 5, 6))
    fewer = compare(challenger(store, reference, shoppers), present, store)
    assert set(fewer.segment_ids) < {4, 5, 6}
    assert fewer.retired == sorted({4, 5, 6} - set(fewer.segment_ids))


def test_the_log_likelihoods_are_those_of_the_rows_that_neither_was_fitted_to(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    former = train(shoppers.iloc[:120], segmentation, store, "test")
    reference = train(shoppers, segmentation, store, "test")
    made = challenger(store, reference, shoppers)
    (batch,) = made.rows.batches()
    held_out = made.rows.held_out(batch.hashes, segmentation.mixture.held_out)
    of_champion = log_densities(challenger(store, former, shoppers))
    own = log_densities(made)
    told = gate(compare(made, appointed(store, former, (1, 2)), store), "log_likelihood")
    difference = own[held_out].mean() - of_champion[held_out].mean()
    assert told.value == pytest.approx(difference)
    assert difference != pytest.approx((own - of_champion).mean())


def test_another_transform_of_the_same_features_can_be_compared(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    poor, good = (
        train(
            shoppers,
            reading(segmentation, {"euros": {"transform": transform}}, **exactly(1)),
            store,
            "test",
        )
        for transform in ("none", "log1p")
    )
    present = appointed(store, poor, (1,))
    gained = gate(compare(challenger(store, good, shoppers), present, store), "log_likelihood")
    assert gained.value is not None
    assert gained.value > 0.5, "lognormal values are far from a Gaussian"


def test_the_order_of_the_features_does_not_matter(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    both: dict[str, Any] = {"visits": {}, "euros": {}}
    former, reference = (
        train(shoppers, reading(segmentation, columns), store, "test")
        for columns in (both, dict(reversed(both.items())))
    )
    present = appointed(store, former, (7, 3))
    same = compare(challenger(store, reference, shoppers), present, store)
    assert set(same.segment_ids) == {7, 3}
    assert gate(same, "log_likelihood").value == pytest.approx(0, abs=1e-3)
    assert same.moved == pytest.approx(0, abs=0.01)


def test_a_champion_that_reads_other_features_leaves_strangers_that_fail(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    former = train(shoppers, segmentation, store, "test")
    settings = reading(segmentation, {"visits": {}}, **exactly(2))
    made = challenger(store, train(shoppers, settings, store, "test"), shoppers)
    stranger = compare(made, appointed(store, former, (7, 3)), store)
    assert stranger.segment_ids == (8, 9)
    assert stranger.retired == [3, 7]
    assert (stranger.former, stranger.flow, stranger.moved) == ([], [], None)
    assert stranger.note.endswith("reads features that are not here: euros.")
    failed = [each.name for each in stranger.gates if not each.passed]
    assert failed == ["log_likelihood", "moved"]
    assert all(gate(stranger, name).value is None for name in failed)


def test_values_that_the_champion_cannot_take_as_log1p_leave_strangers(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    former = train(shoppers, segmentation, store, "test")
    lower = shoppers.assign(euros=shoppers.euros - 50)
    columns: dict[str, Any] = {"visits": {}, "euros": {"transform": "none"}}
    reference = train(lower, reading(segmentation, columns), store, "test")
    made = challenger(store, reference, lower)
    stranger = compare(made, appointed(store, former, (1, 2)), store)
    assert "cannot be applied here: column 'euros' has values of -1 or less" in stranger.note
    assert not set(stranger.segment_ids) & {1, 2}
    assert not stranger.passed


def test_with_another_feature_besides_moves_are_told_and_log_likelihoods_are_not(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    former = train(shoppers, reading(segmentation, {"visits": {}}, **exactly(2)), store, "test")
    made = challenger(store, train(shoppers, segmentation, store, "test"), shoppers)
    more = compare(made, appointed(store, former, (7, 3)), store)
    assert set(more.segment_ids) == {7, 3}
    assert gate(more, "moved").passed
    assert (gate(more, "log_likelihood").value, gate(more, "log_likelihood").passed) == (
        None,
        False,
    )


def test_former_segments_have_the_names_of_their_ids(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    named = segmentation.model_copy(update={"segment_names": {3: "Regulars", 1: "Nobody"}})
    reference = train(shoppers, named, store, "test")
    present = appointed(store, reference, (7, 3))
    same = compare(challenger(store, reference, shoppers), present, store)
    assert [(each.number, each.name) for each in same.former] == [(7, ""), (3, "Regulars")]


def test_a_segment_without_rows_fails_the_gate_of_the_smallest_one(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    reference = train(shoppers, segmentation, store, "test")
    made = challenger(store, reference, shoppers)
    mixture = deepcopy(artifacts.load(store, reference)[1])
    fitted = mixture.named_steps["mixture"]
    fitted.weights_ = np.append(fitted.weights_, 1e-12)
    fitted.means_ = np.vstack([fitted.means_, [100.0, 100.0]])
    for name in ("covariances_", "precisions_", "precisions_cholesky_"):
        values = getattr(fitted, name)
        setattr(fitted, name, np.concatenate([values, values[-1:]]))
    nobody = replace(made, model=Model(mixture, len(shoppers)))
    smallest = gate(compare(nobody, None, store), "smallest_share")
    assert (smallest.value, smallest.passed) == (0.0, False)


def test_the_limits_are_those_of_the_version_that_would_follow(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    content = segmentation.model_dump(mode="json")
    limits = {"log_likelihood": 0.5, "smallest_share": 0.9, "stability": 0.95, "moved": 0.25}
    content["promotion"]["gates"] = limits
    former = train(shoppers, segmentation, store, "test")
    reference = train(shoppers, Segmentation.model_validate(content), store, "test")
    present = appointed(store, former, (1, 2))
    strict = compare(challenger(store, reference, shoppers), present, store)
    told = {each.name: each.limit for each in strict.gates if each.name != "degenerate"}
    assert told == {**limits, "log_likelihood": -0.5}
    failed = [each.name for each in strict.gates if not each.passed]
    assert failed == ["smallest_share", "stability"]


@pytest.mark.parametrize("content", [None, b"damaged"])
def test_a_champion_that_is_gone_or_damaged_stops_no_training(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store, content: bytes | None
) -> None:
    """Nothing goes on with its ids, no gate passes for it, and the note says what to do."""
    reference = train(shoppers, segmentation, store, "test")
    present = appointed(store, reference, (1, 2))
    made = challenger(store, reference, shoppers)
    model = artifacts.file_of(reference, "model.joblib")
    store.delete(model) if content is None else store.replace(model, content)
    found = compare(made, present, store)
    assert found.segment_ids == (3, 4)
    assert not found.passed
    assert re.search(r"cannot be loaded: .*model\.joblib", found.note)
    assert f"promote {segmentation.name} VERSION --anyway" in found.note
