"""A folder as a store: what a crash, a link, another user or a full disk leave of it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from include.gmm.errors import InputError
from include.gmm.store import ExistsError
from include.gmm.store.local import ABANDONED, DRAFT, LocalStore

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> LocalStore:
    return LocalStore(folder)


CRASH = """
import os, signal, sys
from pathlib import Path
from include.gmm.store.local import LocalStore
os.link = os.replace = Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
getattr(LocalStore(Path(sys.argv[1])), sys.argv[2])("a/b", b"new")
"""


@pytest.mark.parametrize("verb", ["put", "replace"])
def test_a_crash_before_the_object_has_its_name_leaves_what_was_there(
    folder: Path, store: LocalStore, verb: str
) -> None:
    if verb == "replace":
        store.put("a/b", b"old")
    done = subprocess.run([sys.executable, "-c", CRASH, folder, verb], cwd=ROOT)
    assert done.returncode == -9
    assert store.list("a") == (["a/b"] if verb == "replace" else [])
    assert list(folder.glob(f"{DRAFT}*")), "the draft is left behind"


def test_drafts_of_crashed_processes_are_removed_a_day_later(
    folder: Path, store: LocalStore
) -> None:
    folder.mkdir()
    old, young = folder / f"{DRAFT}old", folder / f"{DRAFT}young"
    old.write_bytes(b"")
    young.write_bytes(b"")
    long_ago = young.stat().st_mtime - ABANDONED - 60
    os.utime(old, (long_ago, long_ago))
    store.put("b", b"")
    assert list(folder.glob(f"{DRAFT}*")) == [young]


def test_drafts_are_no_objects(folder: Path, store: LocalStore) -> None:
    store.put("models/a", b"")
    (folder / f"{DRAFT}x").write_bytes(b"")
    (folder / "models" / f"{DRAFT}y").write_bytes(b"")
    assert store.list("models") == ["models/a"]


def test_a_file_of_the_same_disk_is_linked_and_its_content_not_moved(
    store: LocalStore, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"large")
    store.put_file("a/b", file)
    with store.fetched("a/b") as fetched:
        assert fetched.samefile(file)


def test_a_file_of_another_disk_is_copied(
    folder: Path, store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"large")
    link = os.link

    def one_disk_only(source: Path, place: Path) -> None:
        if source == file:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        link(source, place)

    monkeypatch.setattr(os, "link", one_disk_only)
    store.put_file("a/b", file)
    store.put_file("a/b", file)
    with store.fetched("a/b") as fetched:
        assert not fetched.samefile(file)
        assert fetched.read_bytes() == b"large"
    file.write_bytes(b"changed")
    with pytest.raises(ExistsError):
        store.put_file("a/b", file)
    assert not list(folder.glob(f"{DRAFT}*"))


def test_a_link_is_not_what_a_file_becomes(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"large")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    store.put_file("a/b", tmp_path / "link")
    (tmp_path / "file").unlink()
    assert store.read("a/b") == b"large"


@pytest.mark.parametrize("place", ["a/b", "a"])
def test_a_link_is_not_followed(
    folder: Path, store: LocalStore, tmp_path: Path, place: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b").write_bytes(b"of somebody else")
    link = folder / place
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere / "b" if place == "a/b" else elsewhere)
    with pytest.raises(InputError, match=r"is a link"):
        store.read("a/b")
    with pytest.raises(InputError, match=r"is a link"), store.fetched("a/b"):
        pass


def test_the_folder_itself_may_be_reached_by_a_link(folder: Path, tmp_path: Path) -> None:
    LocalStore(folder).put("a", b"1")
    (tmp_path / "link").symlink_to(folder)
    assert LocalStore(tmp_path / "link").read("a") == b"1"


def test_a_file_of_another_user_is_not_trusted(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("a", b"")
    fstat = os.fstat

    def foreign(descriptor: int) -> os.stat_result:
        mode, inode, device, links, _, *others = fstat(descriptor)
        return os.stat_result((mode, inode, device, links, 12345, *others))

    monkeypatch.setattr(os, "fstat", foreign)
    with pytest.raises(InputError, match=r"belongs to another user \(12345\)"):
        store.read("a")


def test_what_is_no_file_cannot_be_read(folder: Path, store: LocalStore) -> None:
    (folder / "a").mkdir(parents=True)
    with pytest.raises(InputError, match="cannot be read or written"):
        store.read("a")


def test_a_folder_that_cannot_be_listed_is_not_an_empty_one(
    folder: Path, store: LocalStore
) -> None:
    folder.mkdir()
    (folder / "a").write_bytes(b"")
    with pytest.raises(InputError, match=r"a: cannot be listed \(Not a directory\)"):
        store.list("a")


def test_where_nothing_can_be_written_nothing_is_changed(folder: Path, store: LocalStore) -> None:
    folder.parent.mkdir(exist_ok=True)
    folder.write_bytes(b"a file in the place of the folder")
    with pytest.raises(InputError, match=r"cannot be written \(File exists\); a file has the name"):
        store.put("a", b"")


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "free some room"), (errno.EROFS, "mount it"), (errno.EACCES, "its owner")],
)
@pytest.mark.parametrize("verb", ["put", "replace"])
def test_what_the_disk_refuses_is_told_with_the_remedy_and_leaves_nothing(
    folder: Path,
    store: LocalStore,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    number: int,
    remedy: str,
) -> None:
    def refused(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refused)
    with pytest.raises(InputError, match=remedy) as caught:
        getattr(store, verb)("a/b", b"")
    assert str(caught.value).startswith(f"{folder}/a/b: cannot be written")
    assert not folder.exists()


def test_an_error_of_a_network_stays_one_that_may_be_tried_again(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(_: int) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(os, "fsync", stale)
    with pytest.raises(OSError, match=os.strerror(errno.ESTALE)):
        store.put("a", b"")


@pytest.mark.parametrize("name", ["../a", "a/../../b", "/etc/passwd", "a//b", "", ".draft-a"])
def test_a_name_cannot_lead_out_of_the_store(store: LocalStore, name: str) -> None:
    for verb in (store.read, store.delete, store.list):
        with pytest.raises(ValueError, match="is no name of an object"):
            verb(name)
