"""What readers see: all of the earlier table or all of the new one."""

import json
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.scoring.publishing import publish, restore
from include.gmm.scoring.ranges import score_range
from include.gmm.settings import Components, Segmentation
from include.gmm.store import Store
from include.gmm.versions import artifacts, champion
from include.gmm.versions.records import Reference
from include.gmm.warehouse import Connection, Warehouse, local
from tests.gmm.scoring.champions import appointed, plan_scoring, score
from tests.gmm.scoring.reading import columns, frame, run, tables
from tests.gmm.snapshots import train

VIEW = "shoppers_segments"
SINGLE = 6e-8  # a number in single precision is as near as that to one up to 1


@pytest.fixture
def later(shoppers: pd.DataFrame, scored: Segmentation, store: Store) -> list[Reference]:
    """Two more versions, from other rows each."""
    return [train(shoppers[rows:], scored, store, "shoppers") for rows in (10, 20)]


def test_the_view_says_what_the_model_says(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    score(store, reference, ids, scored, warehouse)
    found, features = frame(warehouse, VIEW), frame(warehouse, "shopper_features")
    features["euros"] = features["euros"].astype(float)
    numbers = frame(warehouse, f"{VIEW}_wide")[[f"probability_{number}" for number in ids]]
    _, model = artifacts.load(store, reference)
    expected = model.predict_proba(features)
    assert list(found["shopper"]) == list(features["shopper"])
    np.testing.assert_allclose(numbers, expected, atol=SINGLE)
    told = pd.DataFrame([json.loads(text) for text in found["probabilities"]])
    np.testing.assert_allclose(told[[str(number) for number in ids]], expected, atol=SINGLE)
    assert list(found["segment_id"]) == [ids[place] for place in expected.argmax(axis=1)]
    np.testing.assert_allclose(found["probability"], expected.max(axis=1), atol=SINGLE)
    entropy = -np.where(expected > 0, expected * np.log(np.maximum(expected, 1e-300)), 0)
    np.testing.assert_allclose(found["entropy"], entropy.sum(axis=1), atol=10 * SINGLE)
    assert set(found["model_version"]) == {reference.version}


def test_the_columns_have_their_types(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    score(store, reference, ids, scored, warehouse)
    assert columns(warehouse, VIEW) == {
        "shopper": "VARCHAR",
        "segment_id": "INTEGER",
        "segment_name": "VARCHAR",
        "probability": "FLOAT",
        "entropy": "DOUBLE",
        "model_version": "VARCHAR",
        "scored_at": "TIMESTAMP",
        "probabilities": "JSON",
    }
    assert columns(warehouse, f"{VIEW}_wide") == {
        "shopper": "VARCHAR",
        "segment_id": "INTEGER",
        **dict.fromkeys((f"probability_{number}" for number in ids), "FLOAT"),
        "model_version": "VARCHAR",
        "scored_at": "TIMESTAMP",
    }


def test_segments_are_called_as_the_settings_say(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    named = scored.model_copy(update={"segment_names": {ids[0]: "O'Neil's"}})
    score(store, reference, ids, named, warehouse)
    found = frame(warehouse, VIEW).groupby("segment_id")["segment_name"].unique()
    expected = {number: f"Segment {number}" for number in ids} | {ids[0]: "O'Neil's"}
    assert {number: list(names) for number, names in found.items()} == {
        number: [expected[number]] for number in found.index
    }


def test_names_for_more_segments_than_there_ever_were_are_not_used(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    named = scored.model_copy(update={"segment_names": {ids[0]: "Big", max(ids) + 1: "Small"}})
    score(store, reference, ids, named, warehouse)
    assert "Big" not in set(frame(warehouse, VIEW)["segment_name"])


def test_a_single_segment_has_every_row_for_sure(
    shoppers: pd.DataFrame, store: Store, scored: Segmentation, warehouse: Warehouse
) -> None:
    mixture = scored.mixture.model_copy(update={"n_components": Components(max=1)})
    single = scored.model_copy(update={"mixture": mixture})
    score(store, train(shoppers, single, store, "shoppers"), [4], single, warehouse)
    found = frame(warehouse, VIEW)
    assert set(found["segment_id"]) == {4}
    assert (found["probability"] == 1).all()
    assert (found["entropy"] == 0).all()


def test_all_rows_have_the_moment_of_the_plan_in_utc(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    before = datetime.now(UTC)
    plan = score(store, reference, ids, scored, warehouse)
    [(moment,)] = run(warehouse, "SELECT DISTINCT scored_at FROM shoppers_segments")
    assert moment.replace(tzinfo=UTC) == plan.scored_at
    assert before <= plan.scored_at <= datetime.now(UTC)


def test_a_missing_range_is_named_and_nothing_is_shown(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    plan = plan_scoring(store, scored, reference, ids, warehouse)
    score_range(store, plan, 0, warehouse)
    score_range(store, plan, 2, warehouse)
    with pytest.raises(InputError, match="1 of 3 ranges have not been scored, number 1 first"):
        publish(store, plan, warehouse)
    assert columns(warehouse, VIEW) == {}
    score_range(store, plan, 1, warehouse)
    assert publish(store, plan, warehouse) == 2500


def test_features_that_change_meanwhile_are_for_the_next_scoring(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    plan = plan_scoring(store, scored, reference, ids, warehouse)
    run(warehouse, "DELETE FROM shopper_features WHERE shopper = 's17'")
    for number in range(3):
        score_range(store, plan, number, warehouse)
    assert publish(store, plan, warehouse) == len(frame(warehouse, VIEW)) == 2500
    score(store, reference, ids, scored, warehouse)
    assert len(frame(warehouse, VIEW)) == 2499


def test_the_snapshot_goes_when_its_scores_are_published(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    plan = plan_scoring(store, scored, reference, ids, warehouse)
    assert store.list("shoppers/snapshots")
    for number in range(3):
        score_range(store, plan, number, warehouse)
    publish(store, plan, warehouse)
    assert store.list("shoppers/snapshots") == []


def test_publishing_once_more_changes_nothing(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    plan = score(store, reference, ids, scored, warehouse)
    before = frame(warehouse, VIEW)
    assert publish(store, plan, warehouse) == 2500
    pd.testing.assert_frame_equal(frame(warehouse, VIEW), before)


def test_an_open_reader_sees_one_table_from_beginning_to_end(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    score(store, reference, ids, scored, warehouse)
    run(warehouse, "DELETE FROM shopper_features WHERE shopper = 's17'")
    count = f"SELECT count(*), count(DISTINCT scored_at) FROM {warehouse.schema}.{VIEW}"

    def read(connection: Connection) -> None:
        assert connection.execute(count) == [(2500, 1)]
        with ThreadPoolExecutor() as other:
            scoring = other.submit(score, store, reference, ids, scored, warehouse)
            # PostgreSQL lets the swap wait until nobody reads.
            wait([scoring], timeout=None if not warehouse.many_writers else 2)
            assert connection.execute(count) == [(2500, 1)]
            if warehouse.many_writers:
                connection.execute("COMMIT")
            scoring.result(60)

    warehouse.run(read)
    assert run(warehouse, count) == [(2499, 1)]


def test_a_rollback_shows_exactly_the_table_before(
    store: Store,
    scored: Segmentation,
    reference: Reference,
    later: list[Reference],
    ids: list[int],
    warehouse: Warehouse,
) -> None:
    score(store, reference, ids, scored, warehouse)
    before = frame(warehouse, VIEW)
    score(store, later[0], ids, scored, warehouse)
    assert set(frame(warehouse, VIEW)["model_version"]) == {later[0].version}
    assert restore(scored, reference.version, warehouse)
    pd.testing.assert_frame_equal(frame(warehouse, VIEW), before)


def test_scoring_again_keeps_the_way_back(
    store: Store,
    scored: Segmentation,
    reference: Reference,
    later: list[Reference],
    ids: list[int],
    warehouse: Warehouse,
) -> None:
    score(store, reference, ids, scored, warehouse)
    score(store, later[0], ids, scored, warehouse)
    run(warehouse, "DELETE FROM shopper_features WHERE shopper = 's17'")
    score(store, later[0], ids, scored, warehouse)
    assert len(frame(warehouse, VIEW)) == 2499
    assert restore(scored, reference.version, warehouse)
    assert len(frame(warehouse, VIEW)) == 2500


def test_what_was_scored_before_a_rollback_is_not_shown_after_it(
    store: Store,
    scored: Segmentation,
    reference: Reference,
    later: list[Reference],
    ids: list[int],
    warehouse: Warehouse,
) -> None:
    score(store, reference, ids, scored, warehouse)
    plan = plan_scoring(store, scored, later[0], ids, warehouse)
    for number in range(3):
        score_range(store, plan, number, warehouse)
    champion.roll_back(store, "shoppers", "a test")
    assert restore(scored, reference.version, warehouse)
    told = rf"those of {later[0].version}, and {reference.version} is the champion now"
    with pytest.raises(InputError, match=told):
        publish(store, plan, warehouse)
    assert set(frame(warehouse, VIEW)["model_version"]) == {reference.version}
    assert tables(warehouse) == [f"{VIEW}@{reference.version}"]


def test_scores_under_other_segment_ids_than_the_champions_are_not_shown(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    plan = plan_scoring(store, scored, reference, ids, warehouse)
    for number in range(3):
        score_range(store, plan, number, warehouse)
    appointed(store, reference, ids[::-1])
    with pytest.raises(InputError, match="they are not published; score shoppers again"):
        publish(store, plan, warehouse)


def test_only_the_table_that_was_shown_before_is_kept(
    store: Store,
    scored: Segmentation,
    reference: Reference,
    later: list[Reference],
    ids: list[int],
    warehouse: Warehouse,
) -> None:
    for version in (reference, *later):
        score(store, version, ids, scored, warehouse)
    kept = sorted(f"{VIEW}@{version.version}" for version in later)
    assert tables(warehouse) == kept
    assert not restore(scored, reference.version, warehouse)
    assert set(frame(warehouse, VIEW)["model_version"]) == {later[1].version}


def test_tables_of_other_views_are_left_alone(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    scoring = scored.scoring.model_copy(update={"table": f"{VIEW}_too"})
    other = scored.model_copy(update={"scoring": scoring})
    score(store, reference, ids, other, warehouse)
    open_plan = plan_scoring(store, other, reference, ids[::-1], warehouse)
    score(store, reference, ids, scored, warehouse)
    assert len(frame(warehouse, f"{VIEW}_too")) == 2500
    assert f"{VIEW}_too@{open_plan.id}" in tables(warehouse)


def test_there_is_nothing_to_restore_without_a_warehouse(
    scored: Segmentation, tmp_path: Path
) -> None:
    assert not restore(scored, "20260101T000000Z-00000000", local(tmp_path / "none.duckdb"))
    assert not (tmp_path / "none.duckdb").exists()
