"""The champion: appointed, replaced and returned to."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.settings import Segmentation
from include.gmm.training import train
from include.gmm.versions import artifacts, champion
from include.gmm.versions.artifacts import Manifest, Reference
from include.gmm.versions.champion import Champion, SupersededError

Appoint = Callable[[tuple[int, ...]], Champion]


@pytest.fixture
def appoint(shoppers: pd.DataFrame, segmentation: Segmentation, models: Path) -> Appoint:
    """Trains a version and makes it the champion in place of the present one."""

    def trained(segment_ids: tuple[int, ...]) -> Champion:
        reference = train(shoppers, segmentation, models, "shoppers")
        return champion.appoint(
            models,
            champion.read(models, "shoppers"),
            reference,
            artifacts.load_manifest(models, reference),
            segment_ids,
            "gates",
        )

    return trained


def contents(models: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (models / "shoppers" / "champions").iterdir()}


def test_before_the_first_one_there_is_no_champion(models: Path) -> None:
    assert champion.read(models, "shoppers") is None
    assert champion.history(models, "shoppers") == []


def test_the_one_appointed_last_is_the_champion(models: Path, appoint: Appoint) -> None:
    first, second = appoint((1, 2)), appoint((2, 3))
    assert champion.read(models, "shoppers") == second
    assert champion.history(models, "shoppers") == [first, second]
    assert (first.predecessor, second.predecessor) == (None, first.serial)


def test_a_disk_that_is_full_leaves_the_champion_and_no_draft(
    models: Path, appoint: Appoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = appoint((1, 2))
    before = contents(models)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        patched.setattr(artifacts, "_write", lambda path, content: path.write_bytes(content))
        with pytest.raises(InputError, match=r"champions: cannot be written .*free some room"):
            appoint((2, 3))
    assert contents(models) == before
    assert champion.read(models, "shoppers") == first


def test_a_champion_stands_for_the_data_of_its_version(
    models: Path, reference: Reference, manifest: Manifest
) -> None:
    appointed = champion.appoint(models, None, reference, manifest, (1, 2), "person")
    assert appointed.age == (manifest.as_of, reference.version)
    assert appointed.cause == "person"


@pytest.mark.parametrize("nth", [None, 0])
def test_one_compared_with_a_former_champion_changes_nothing(
    models: Path, appoint: Appoint, reference: Reference, manifest: Manifest, nth: int | None
) -> None:
    appoint((1, 2))
    appoint((1, 3))
    expected = None if nth is None else champion.history(models, "shoppers")[nth]
    before = contents(models)
    with pytest.raises(SupersededError):
        champion.appoint(models, expected, reference, manifest, (8, 9), "gates")
    assert contents(models) == before


def test_a_rollback_returns_to_the_version_before_with_its_ids(
    models: Path, appoint: Appoint
) -> None:
    first, second = appoint((4, 2)), appoint((2, 5))
    returned = champion.roll_back(models, "shoppers")
    assert champion.read(models, "shoppers") == returned
    assert (returned.reference, returned.segment_ids) == (first.reference, (4, 2))
    assert (returned.serial, returned.cause) == (second.serial + 1, "rollback")
    assert returned.age == first.age


def test_two_rollbacks_go_back_twice_and_a_third_is_refused(models: Path, appoint: Appoint) -> None:
    first, second, _ = (appoint((number,)) for number in (1, 2, 3))
    assert champion.roll_back(models, "shoppers").reference == second.reference
    assert champion.roll_back(models, "shoppers").reference == first.reference
    before = contents(models)
    with pytest.raises(InputError, match="no champion before the present one"):
        champion.roll_back(models, "shoppers")
    assert contents(models) == before


def test_a_rollback_of_a_certain_champion_is_carried_out_once(
    models: Path, appoint: Appoint
) -> None:
    _, second, third = (appoint((number,)) for number in (1, 2, 3))
    for _ in range(2):
        returned = champion.roll_back(models, "shoppers", third.serial)
        assert (returned.reference, returned.serial) == (second.reference, third.serial + 1)
    assert len(champion.history(models, "shoppers")) == 4


def test_a_rollback_of_a_champion_that_is_it_no_more_is_refused(
    models: Path, appoint: Appoint
) -> None:
    _, second, third = (appoint((number,)) for number in (1, 2, 3))
    with pytest.raises(SupersededError, match=f"{third.reference.version} has become"):
        champion.roll_back(models, "shoppers", second.serial)
    assert champion.read(models, "shoppers") == third


def test_a_rollback_before_the_first_champion_is_refused(models: Path) -> None:
    with pytest.raises(InputError, match="shoppers: there is no champion before"):
        champion.roll_back(models, "shoppers")


def test_what_follows_a_rollback_returns_to_the_one_that_was_rolled_back_to(
    models: Path, appoint: Appoint
) -> None:
    first, _ = appoint((1,)), appoint((2,))
    champion.roll_back(models, "shoppers")
    appoint((3,))
    assert champion.roll_back(models, "shoppers").reference == first.reference
    with pytest.raises(InputError, match="no champion before"):
        champion.roll_back(models, "shoppers")


def test_a_rollback_to_a_version_that_was_removed_is_refused(
    models: Path, appoint: Appoint
) -> None:
    first, second = appoint((1,)), appoint((2,))
    artifacts.folder_of(models, first.reference).rename(models / "elsewhere")
    with pytest.raises(InputError, match=f"{first.reference.version}.*no longer on the disk"):
        champion.roll_back(models, "shoppers")
    assert champion.read(models, "shoppers") == second


def test_a_rollback_that_comes_too_late_changes_nothing(
    models: Path, appoint: Appoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        appoint((number,))
    known = champion.read(models, "shoppers")
    third = appoint((3,))
    monkeypatch.setattr(champion, "read", lambda *_: known)
    with pytest.raises(SupersededError):
        champion.roll_back(models, "shoppers")
    assert champion.history(models, "shoppers")[-1] == third


@pytest.mark.parametrize(
    ("steps", "greatest"),
    [
        ([(1, 2), (1, 7), (2, 1)], [2, 7, 7]),
        ([(1, 2), (1, 7), None, (1, 2), (8, 1)], [2, 7, 7, 7, 8]),
        ([(1,), (2,), (5,), None, None, (1,)], [1, 2, 5, 5, 5, 5]),
    ],
)
def test_the_greatest_id_never_falls(
    models: Path, appoint: Appoint, steps: list[tuple[int, ...] | None], greatest: list[int]
) -> None:
    for segment_ids in steps:
        if segment_ids:
            appoint(segment_ids)
        else:
            champion.roll_back(models, "shoppers")
    assert [each.greatest_id for each in champion.history(models, "shoppers")] == greatest


@pytest.mark.parametrize("content", [b"", b"{", b'{"serial": 2}', b"\xff"])
def test_a_damaged_file_is_named(models: Path, appoint: Appoint, content: bytes) -> None:
    appoint((1,))
    appoint((2,))
    (models / "shoppers" / "champions" / "000002.json").write_bytes(content)
    for reading in (champion.read, champion.history, champion.roll_back):
        with pytest.raises(InputError, match=r"000002\.json: cannot be read as a champion"):
            reading(models, "shoppers")


def test_a_full_disk_leaves_the_champion_as_it_was(
    models: Path, appoint: Appoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = appoint((1,))
    before = contents(models)

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        champion.appoint(
            models,
            present,
            present.reference,
            artifacts.load_manifest(models, present.reference),
            (2,),
            "gates",
        )
    assert contents(models) == before


def test_a_champion_is_no_version(models: Path, appoint: Appoint) -> None:
    appointed = appoint((1, 2))
    assert artifacts.versions(models, "shoppers") == [appointed.reference.version]


def test_a_champion_whose_predecessor_is_missing_is_told_by_the_file(
    models: Path, appoint: Appoint
) -> None:
    for number in (1, 2):
        appoint((number,))
    (models / "shoppers" / "champions" / "000001.json").unlink()
    with pytest.raises(InputError, match=r"000001\.json: cannot be read"):
        champion.roll_back(models, "shoppers")
