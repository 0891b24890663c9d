"""What a disk refuses is told on one line, and nothing that was begun is left."""

import errno
import os
from pathlib import Path

import pytest

from include.gmm import disk
from include.gmm.errors import InputError


@pytest.mark.parametrize("number", disk.REMEDIES)
def test_what_a_person_can_mend_is_an_input_error_with_path_and_remedy(number: int) -> None:
    with pytest.raises(InputError) as caught, disk.writing(Path("models/shop")):
        raise OSError(number, os.strerror(number))
    message = str(caught.value)
    assert message.startswith("models/shop: cannot be written")
    assert disk.REMEDIES[number] in message
    assert "\n" not in message


def test_what_may_pass_by_itself_stays_as_it_is() -> None:
    with pytest.raises(TimeoutError), disk.writing(Path("models")):
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))


def test_an_error_without_a_path_is_told_all_the_same() -> None:
    told = disk.told(OSError(errno.ENOSPC, "No space left on device"))
    assert told.startswith("the disk or the standard output: cannot be read or written (No space")
    assert "free some room" in told


def test_folders_that_were_made_are_gone_after_an_error_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(KeyError), disk.made(tmp_path / "there" / "new" / "newer"):
        assert (tmp_path / "there" / "new" / "newer").is_dir()
        raise KeyError
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def test_a_folder_in_which_others_have_put_something_stays(tmp_path: Path) -> None:
    with pytest.raises(KeyError), disk.made(tmp_path / "new" / "newer"):
        (tmp_path / "new" / "other").touch()
        raise KeyError
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["new", "other"]


def test_room_is_looked_for_where_the_folder_would_be_made_and_nothing_is_left(
    tmp_path: Path,
) -> None:
    disk.demand_room(tmp_path / "not" / "yet")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="free some room"):
        disk.demand_room(tmp_path / "models")
    assert list(tmp_path.iterdir()) == []
