"""What readers see: all of the earlier table or all of the new one."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
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
from tests.gmm.scoring.champions import appointed, plan_scoring, score
from tests.gmm.scoring.reading import frame, run, tables
from tests.gmm.snapshots import train

VIEW = "shoppers_segments"
SINGLE = 6e-8  # a number in single precision is as near as that to one up to 1


@pytest.fixture
def later(shoppers: pd.DataFrame, scored: Segmentation, store: Store) -> list[Reference]:
    """Two more versions, from other rows each."""
    return [train(shoppers[rows:], scored, store, "shoppers") for rows in (10, 20)]


def test_the_view_says_what_the_model_says(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> None:
    score(store, reference, ids, scored, path)
    found, features = frame(path, VIEW), frame(path, "shopper_features")
    _, model = artifacts.load(store, reference)
    expected = model.predict_proba(features)
    assert list(found["shopper"]) == list(features["shopper"])
    np.testing.assert_allclose(found[[f"probability_{i}" for i in ids]], expected, atol=SINGLE)
    assert list(found["segment_id"]) == [ids[place] for place in expected.argmax(axis=1)]
    np.testing.assert_allclose(found["probability"], expected.max(axis=1), atol=SINGLE)
    entropy = -np.where(expected > 0, expected * np.log(np.maximum(expected, 1e-300)), 0)
    np.testing.assert_allclose(found["entropy"], entropy.sum(axis=1), atol=10 * SINGLE)
    assert set(found["model_version"]) == {reference.version}


def test_the_columns_have_their_types(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> None:
    score(store, reference, ids, scored, path)
    columns = run(path, "SELECT column_name, column_type FROM (DESCRIBE shoppers_segments)")
    assert columns == [
        ("shopper", "VARCHAR"),
        ("segment_id", "INTEGER"),
        ("probability", "FLOAT"),
        *((f"probability_{number}", "FLOAT") for number in ids),
        ("entropy", "DOUBLE"),
        ("model_version", "VARCHAR"),
        ("scored_at", "TIMESTAMP"),
    ]


def test_a_single_segment_has_every_row_for_sure(
    shoppers: pd.DataFrame, store: Store, scored: Segmentation, path: Path
) -> None:
    mixture = scored.mixture.model_copy(update={"n_components": Components(max=1)})
    single = scored.model_copy(update={"mixture": mixture})
    score(store, train(shoppers, single, store, "shoppers"), [4], single, path)
    found = frame(path, VIEW)
    assert set(found["segment_id"]) == {4}
    assert (found["probability"] == 1).all()
    assert (found["entropy"] == 0).all()


def test_all_rows_have_the_moment_of_the_plan_in_utc(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> None:
    before = datetime.now(UTC)
    plan = score(store, reference, ids, scored, path)
    [(moment,)] = run(path, "SELECT DISTINCT scored_at FROM shoppers_segments")
    assert moment.replace(tzinfo=UTC) == plan.scored_at
    assert before <= plan.scored_at <= datetime.now(UTC)


def test_a_missing_range_is_named_and_nothing_is_shown(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> None:
    plan = plan_scoring(store, scored, reference, ids, path)
    score_range(store, plan, 0, path)
    score_range(store, plan, 2, path)
    with pytest.raises(InputError, match="1 of 3 ranges have not been scored, number 1 first"):
        publish(store, plan, path)
    with pytest.raises(duckdb.CatalogException):
        frame(path, VIEW)
    score_range(store, plan, 1, path)
    assert publish(store, plan, path) == 2500


def test_features_that_change_meanwhile_are_for_the_next_scoring(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> None:
    plan = plan_scoring(store, scored, reference, ids, path)
    run(path, "DELETE FROM shopper_features WHERE shopper = 's17'")
    for number in range(3):
        score_range(store, plan, number, path)
    assert publish(store, plan, path) == len(frame(path, VIEW)) == 2500
    score(store, reference, ids, scored, path)
    assert len(frame(path, VIEW)) == 2499


def test_the_snapshot_goes_when_its_scores_are_published(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> None:
    plan = plan_scoring(store, scored, reference, ids, path)
    assert store.list("shoppers/snapshots")
    for number in range(3):
        score_range(store, plan, number, path)
    publish(store, plan, path)
    assert store.list("shoppers/snapshots") == []


def test_publishing_once_more_changes_nothing(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> None:
    plan = score(store, reference, ids, scored, path)
    before = frame(path, VIEW)
    assert publish(store, plan, path) == 2500
    pd.testing.assert_frame_equal(frame(path, VIEW), before)


def test_an_open_reader_sees_one_table_from_beginning_to_end(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> None:
    score(store, reference, ids, scored, path)
    run(path, "DELETE FROM shopper_features WHERE shopper = 's17'")
    count = "SELECT count(*), count(DISTINCT scored_at) FROM shoppers_segments"
    reader = duckdb.connect(str(path))
    reader.execute("BEGIN")
    assert reader.execute(count).fetchall() == [(2500, 1)]
    score(store, reference, ids, scored, path)
    assert reader.execute(count).fetchall() == [(2500, 1)]
    reader.execute("COMMIT")
    assert reader.execute(count).fetchall() == [(2499, 1)]
    reader.close()


def test_a_rollback_shows_exactly_the_table_before(
    store: Store,
    scored: Segmentation,
    reference: Reference,
    later: list[Reference],
    ids: list[int],
    path: Path,
) -> None:
    score(store, reference, ids, scored, path)
    before = frame(path, VIEW)
    score(store, later[0], ids, scored, path)
    assert set(frame(path, VIEW)["model_version"]) == {later[0].version}
    assert restore(scored, reference.version, path)
    pd.testing.assert_frame_equal(frame(path, VIEW), before)


def test_scoring_again_keeps_the_way_back(
    store: Store,
    scored: Segmentation,
    reference: Reference,
    later: list[Reference],
    ids: list[int],
    path: Path,
) -> None:
    score(store, reference, ids, scored, path)
    score(store, later[0], ids, scored, path)
    run(path, "DELETE FROM shopper_features WHERE shopper = 's17'")
    score(store, later[0], ids, scored, path)
    assert len(frame(path, VIEW)) == 2499
    assert restore(scored, reference.version, path)
    assert len(frame(path, VIEW)) == 2500


def test_what_was_scored_before_a_rollback_is_not_shown_after_it(
    store: Store,
    scored: Segmentation,
    reference: Reference,
    later: list[Reference],
    ids: list[int],
    path: Path,
) -> None:
    score(store, reference, ids, scored, path)
    plan = plan_scoring(store, scored, later[0], ids, path)
    for number in range(3):
        score_range(store, plan, number, path)
    champion.roll_back(store, "shoppers", "a test")
    assert restore(scored, reference.version, path)
    told = rf"those of {later[0].version}, and {reference.version} is the champion now"
    with pytest.raises(InputError, match=told):
        publish(store, plan, path)
    assert set(frame(path, VIEW)["model_version"]) == {reference.version}
    assert tables(path) == ["plans", "ranges", f"{VIEW}@{reference.version}"]


def test_scores_under_other_segment_ids_than_the_champions_are_not_shown(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> None:
    plan = plan_scoring(store, scored, reference, ids, path)
    for number in range(3):
        score_range(store, plan, number, path)
    appointed(store, reference, ids[::-1])
    with pytest.raises(InputError, match="they are not published; score shoppers again"):
        publish(store, plan, path)


def test_only_the_table_that_was_shown_before_is_kept(
    store: Store,
    scored: Segmentation,
    reference: Reference,
    later: list[Reference],
    ids: list[int],
    path: Path,
) -> None:
    for version in (reference, *later):
        score(store, version, ids, scored, path)
    kept = sorted(f"{VIEW}@{version.version}" for version in later)
    assert tables(path) == ["plans", "ranges", *kept]
    assert not restore(scored, reference.version, path)
    assert set(frame(path, VIEW)["model_version"]) == {later[1].version}


def test_tables_of_other_views_are_left_alone(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> None:
    scoring = scored.scoring.model_copy(update={"table": f"{VIEW}_too"})
    other = scored.model_copy(update={"scoring": scoring})
    score(store, reference, ids, other, path)
    open_plan = plan_scoring(store, other, reference, ids[::-1], path)
    score(store, reference, ids, scored, path)
    assert len(frame(path, f"{VIEW}_too")) == 2500
    assert f"{VIEW}_too@{open_plan.id}" in tables(path)


def test_there_is_nothing_to_restore_without_a_warehouse(
    scored: Segmentation, tmp_path: Path
) -> None:
    assert not restore(scored, "20260101T000000Z-00000000", tmp_path / "none.duckdb")
    assert not (tmp_path / "none.duckdb").exists()
