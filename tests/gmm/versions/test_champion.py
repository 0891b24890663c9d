"""The champion: appointed, replaced and returned to."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable

import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions import artifacts, champion
from include.gmm.versions.champion import SupersededError
from include.gmm.versions.records import Champion, Manifest, Reference
from include.gmm.versions.seal import sealed
from tests.gmm.snapshots import train

FIRST, SECOND = (f"shoppers/champions/00000{serial}.json" for serial in (1, 2))
Appoint = Callable[[tuple[int, ...]], Champion]


@pytest.fixture
def appoint(shoppers: pd.DataFrame, segmentation: Segmentation, store: Store) -> Appoint:
    """Trains a version and makes it the champion in place of the present one."""

    def trained(segment_ids: tuple[int, ...]) -> Champion:
        reference = train(shoppers, segmentation, store, "shoppers")
        return champion.appoint(
            store,
            champion.read(store, "shoppers"),
            reference,
            artifacts.load_manifest(store, reference),
            segment_ids,
            "gates",
            "a test",
        )

    return trained


def contents(store: Store) -> dict[str, bytes]:
    return {name: store.read(name) for name in store.list("shoppers/champions")}


def test_before_the_first_one_there_is_no_champion(store: Store) -> None:
    assert champion.read(store, "shoppers") is None
    assert champion.history(store, "shoppers") == []


def test_the_one_appointed_last_is_the_champion(store: Store, appoint: Appoint) -> None:
    first, second = appoint((1, 2)), appoint((2, 3))
    assert champion.read(store, "shoppers") == second
    assert champion.history(store, "shoppers") == [first, second]
    assert (first.predecessor, second.predecessor) == (None, first.serial)


def test_a_champion_stands_for_the_data_of_its_version(
    store: Store, reference: Reference, manifest: Manifest
) -> None:
    appointed = champion.appoint(store, None, reference, manifest, (1, 2), "person", "a test")
    assert appointed.age == (manifest.as_of, reference.version)
    assert appointed.cause == "person"


@pytest.mark.parametrize("nth", [None, 0])
def test_one_compared_with_a_former_champion_changes_nothing(
    store: Store, appoint: Appoint, reference: Reference, manifest: Manifest, nth: int | None
) -> None:
    appoint((1, 2))
    appoint((1, 3))
    expected = None if nth is None else champion.history(store, "shoppers")[nth]
    before = contents(store)
    with pytest.raises(SupersededError):
        champion.appoint(store, expected, reference, manifest, (8, 9), "gates", "a test")
    assert contents(store) == before


def test_a_rollback_returns_to_the_version_before_with_its_ids(
    store: Store, appoint: Appoint
) -> None:
    first, second = appoint((4, 2)), appoint((2, 5))
    returned = champion.roll_back(store, "shoppers", "a test")
    assert champion.read(store, "shoppers") == returned
    assert (returned.reference, returned.segment_ids) == (first.reference, (4, 2))
    assert (returned.serial, returned.cause) == (second.serial + 1, "rollback")
    assert returned.age == first.age


def test_two_rollbacks_go_back_twice_and_a_third_is_refused(store: Store, appoint: Appoint) -> None:
    first, second, _ = (appoint((number,)) for number in (1, 2, 3))
    assert champion.roll_back(store, "shoppers", "a test").reference == second.reference
    assert champion.roll_back(store, "shoppers", "a test").reference == first.reference
    before = contents(store)
    with pytest.raises(InputError, match="no champion before the present one"):
        champion.roll_back(store, "shoppers", "a test")
    assert contents(store) == before


def test_a_rollback_of_a_certain_champion_is_carried_out_once(
    store: Store, appoint: Appoint
) -> None:
    _, second, third = (appoint((number,)) for number in (1, 2, 3))
    for _ in range(2):
        returned = champion.roll_back(store, "shoppers", "a test", third.serial)
        assert (returned.reference, returned.serial) == (second.reference, third.serial + 1)
    assert len(champion.history(store, "shoppers")) == 4


def test_a_rollback_of_a_champion_that_is_it_no_more_is_refused(
    store: Store, appoint: Appoint
) -> None:
    _, second, third = (appoint((number,)) for number in (1, 2, 3))
    with pytest.raises(SupersededError, match=f"{third.reference.version} has become"):
        champion.roll_back(store, "shoppers", "a test", second.serial)
    assert champion.read(store, "shoppers") == third


def test_a_rollback_before_the_first_champion_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="shoppers: there is no champion before"):
        champion.roll_back(store, "shoppers", "a test")


def test_what_follows_a_rollback_returns_to_the_one_that_was_rolled_back_to(
    store: Store, appoint: Appoint
) -> None:
    first, _ = appoint((1,)), appoint((2,))
    champion.roll_back(store, "shoppers", "a test")
    appoint((3,))
    assert champion.roll_back(store, "shoppers", "a test").reference == first.reference
    with pytest.raises(InputError, match="no champion before"):
        champion.roll_back(store, "shoppers", "a test")


def test_a_rollback_to_a_version_that_was_removed_is_refused(
    store: Store, appoint: Appoint
) -> None:
    first, second = appoint((1,)), appoint((2,))
    store.delete(artifacts.file_of(first.reference, artifacts.MANIFEST))
    with pytest.raises(InputError, match=f"{first.reference.version}.*no longer in the store"):
        champion.roll_back(store, "shoppers", "a test")
    assert champion.read(store, "shoppers") == second


def test_a_rollback_that_comes_too_late_changes_nothing(
    store: Store, appoint: Appoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        appoint((number,))
    known = champion.read(store, "shoppers")
    third = appoint((3,))
    monkeypatch.setattr(champion, "read", lambda *_: known)
    with pytest.raises(SupersededError):
        champion.roll_back(store, "shoppers", "a test")
    assert champion.history(store, "shoppers")[-1] == third


@pytest.mark.parametrize(
    ("steps", "greatest"),
    [
        ([(1, 2), (1, 7), (2, 1)], [2, 7, 7]),
        ([(1, 2), (1, 7), None, (1, 2), (8, 1)], [2, 7, 7, 7, 8]),
        ([(1,), (2,), (5,), None, None, (1,)], [1, 2, 5, 5, 5, 5]),
    ],
)
def test_the_greatest_id_never_falls(
    store: Store, appoint: Appoint, steps: list[tuple[int, ...] | None], greatest: list[int]
) -> None:
    for segment_ids in steps:
        if segment_ids:
            appoint(segment_ids)
        else:
            champion.roll_back(store, "shoppers", "a test")
    assert [each.greatest_id for each in champion.history(store, "shoppers")] == greatest


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"serial": 2}',
        b"\xff",
        b"[]",
        b"[" * 100_000,
        b'{"serial": NaN, "seal": {"sha256": ""}}',
    ],
)
def test_a_damaged_record_is_named(store: Store, appoint: Appoint, content: bytes) -> None:
    appoint((1,))
    appoint((2,))
    store.replace(SECOND, content)
    assert_named(store, r"000002\.json: is no record of this release, or damaged")


def assert_named(store: Store, told: str) -> None:
    """By whatever reads the champions."""
    for reading in (champion.read, champion.history):
        with pytest.raises(InputError, match=told):
            reading(store, "shoppers")
    with pytest.raises(InputError, match=told):
        champion.roll_back(store, "shoppers", "a test")


def test_a_record_that_was_changed_by_hand_is_named(store: Store, appoint: Appoint) -> None:
    appoint((1, 2))
    appoint((1, 2))
    changed = json.loads(store.read(SECOND))
    changed["segment_ids"] = [2, 1]
    store.replace(SECOND, json.dumps(changed).encode())
    assert_named(store, r"000002\.json: SHA-256 differs")


@pytest.mark.parametrize("ids", [(1, 1), (0, 1), (1, 9)])
def test_ids_that_no_two_segments_can_have_are_refused(
    store: Store, appoint: Appoint, ids: tuple[int, ...]
) -> None:
    appoint((1, 2))
    second = appoint((1, 2))
    store.replace(SECOND, sealed(second.model_copy(update={"segment_ids": ids})))
    assert_named(store, r"000002\.json: made by another release")


def test_a_record_under_another_name_is_refused(store: Store, appoint: Appoint) -> None:
    """It made promotion look for the next free name for ever."""
    appoint((1,))
    appoint((2,))
    store.replace(SECOND, store.read(FIRST))
    assert_named(store, r"000002\.json: is the record of champion 1 of shoppers")


def test_a_record_that_the_next_one_does_not_follow_is_refused(
    store: Store, appoint: Appoint
) -> None:
    first = appoint((1,))
    appoint((2,))
    store.replace(FIRST, sealed(first.model_copy(update={"actor": "somebody else"})))
    assert_named(store, r"000002\.json: does not follow the record before it")


def test_what_is_no_record_among_them_is_named(store: Store, appoint: Appoint) -> None:
    appoint((1,))
    store.put("shoppers/champions/notes.txt", b"")
    assert_named(store, r"notes\.txt: the record before it is missing, .*000002\.json, or this is")


def test_ids_that_do_not_fit_the_model_are_refused(
    store: Store, reference: Reference, manifest: Manifest
) -> None:
    appointed = champion.appoint(store, None, reference, manifest, (1, 2, 3), "gates", "a test")
    with pytest.raises(InputError, match=r"000001\.json: has 3 segment ids, .* has 2 components"):
        champion.load(store, appointed)


def test_a_champion_knows_who_appointed_it(store: Store, appoint: Appoint) -> None:
    appoint((1,))
    appoint((2,))
    returned = champion.roll_back(store, "shoppers", "somebody")
    assert [each.actor for each in champion.history(store, "shoppers")] == [
        "a test",
        "a test",
        "somebody",
    ]
    assert returned.actor == "somebody"


def test_data_of_a_day_to_come_are_taken_for_those_of_today(
    store: Store, reference: Reference, manifest: Manifest
) -> None:
    wrong = manifest.model_copy(update={"as_of": "2999-01-01T00:00:00+00:00"})
    appointed = champion.appoint(store, None, reference, wrong, (1, 2), "gates", "a test")
    assert appointed.as_of[:19] == appointed.appointed_at[:19]


def test_a_full_disk_leaves_the_champion_as_it_was(
    store: Store, appoint: Appoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = appoint((1,))
    before = contents(store)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="cannot be written"):
        champion.appoint(
            store,
            present,
            present.reference,
            artifacts.load_manifest(store, present.reference),
            (2,),
            "gates",
            "a test",
        )
    assert contents(store) == before


def test_a_champion_is_no_version(store: Store, appoint: Appoint) -> None:
    appointed = appoint((1, 2))
    assert artifacts.versions(store, "shoppers") == [appointed.reference.version]


def test_a_champion_whose_predecessor_is_missing_is_told_by_the_file(
    store: Store, appoint: Appoint
) -> None:
    for number in (1, 2):
        appoint((number,))
    store.delete(FIRST)
    assert_named(store, r"000002\.json: the record before it is missing, .*000001\.json")
