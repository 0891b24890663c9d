"""What every store does, whichever it is."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from include.gmm.errors import InputError
from include.gmm.store import ExistsError, MissingError, Store, store_at
from include.gmm.store.streams import PIECE
from tests.gmm.store.servers import OpenStore


def test_what_was_put_can_be_read(store: Store) -> None:
    store.put("models/shops/a.bin", bytes(range(256)))
    assert store.read("models/shops/a.bin") == bytes(range(256))


def test_what_was_put_is_never_changed(store: Store) -> None:
    store.put("a/b", b"first")
    with pytest.raises(ExistsError):
        store.put("a/b", b"second")
    assert store.read("a/b") == b"first"


def test_to_put_the_same_once_more_is_no_error(store: Store) -> None:
    """A reply may be lost: whoever tries again must not be told that somebody else was there."""
    store.put("a/b", b"same")
    store.put("a/b", b"same")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """More than any store sends in one piece."""
    path = tmp_path / "large.parquet"
    path.write_bytes(bytes(range(256)) * (2 * PIECE // 256) + b"and some more")
    return path


def test_a_file_becomes_an_object_that_stays_when_the_file_goes(store: Store, file: Path) -> None:
    content = file.read_bytes()
    store.put_file("a/large", file)
    file.unlink()
    with store.fetched("a/large") as fetched:
        assert fetched.read_bytes() == content
    assert store.read("a/large") == content
    assert store.list("a") == ["a/large"]


def test_an_object_of_a_file_is_never_changed(store: Store, file: Path, tmp_path: Path) -> None:
    store.put_file("a/large", file)
    for other in (b"short", bytes(file.stat().st_size)):
        path = tmp_path / "other"
        path.write_bytes(other)
        with pytest.raises(ExistsError):
            store.put_file("a/large", path)
        with pytest.raises(ExistsError):
            store.put("a/large", other)
    assert store.read("a/large") == file.read_bytes()


def test_to_put_the_same_file_once_more_is_no_error(store: Store, file: Path) -> None:
    store.put_file("a/large", file)
    copy = file.with_name("copy")
    copy.write_bytes(file.read_bytes())
    store.put_file("a/large", file)
    store.put_file("a/large", copy)


def test_a_small_and_an_empty_file_are_objects_too(store: Store, tmp_path: Path) -> None:
    for content in (b"", b"x"):
        path = tmp_path / f"file{len(content)}"
        path.write_bytes(content)
        store.put_file(f"a/{len(content)}", path)
        with store.fetched(f"a/{len(content)}") as fetched:
            assert fetched.read_bytes() == content


def test_a_file_that_is_not_there_is_told_by_its_name(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.parquet: cannot be read"):
        store.put_file("a/b", tmp_path / "nothing.parquet")
    assert store.list("a") == []


def test_what_is_not_there_cannot_be_fetched(store: Store) -> None:
    with pytest.raises(MissingError, match="a/b: there is no such"), store.fetched("a/b"):
        pass


def test_an_object_can_be_replaced(store: Store) -> None:
    store.replace("a/b", b"first")
    store.replace("a/b", b"second")
    assert store.read("a/b") == b"second"


def test_what_is_not_there_is_missing(store: Store) -> None:
    with pytest.raises(MissingError, match="a/b: there is no such"):
        store.read("a/b")
    store.put("a/b", b"")
    with pytest.raises(MissingError):
        store.read("a/b/c")


def test_a_folder_lists_all_that_is_below_and_nothing_beside(store: Store) -> None:
    for name in ("a/b/2", "a/b/1", "a/b/c/3", "a/bb/4", "e"):
        store.put(name, b"")
    assert store.list("a/b") == ["a/b/1", "a/b/2", "a/b/c/3"]
    assert store.list("nothing") == []


def test_what_another_process_put_is_seen_at_once(open_store: OpenStore) -> None:
    one, other = open_store(), open_store()
    assert one.list("a") == []
    other.put("a/1", b"")
    assert one.list("a") == ["a/1"]
    other.delete("a/1")
    assert one.list("a") == []


def test_what_was_deleted_is_gone_and_may_be_put_again(store: Store) -> None:
    store.put("a/b/1", b"first")
    store.put("a/c", b"")
    store.delete("a/b/1", "a/b/none")
    assert store.list("a") == ["a/c"]
    store.put("a/b/1", b"second")
    assert store.read("a/b/1") == b"second"


def test_of_many_that_put_one_name_at_once_one_does(store: Store, rounds: int) -> None:
    """Many rounds: a single one with two winners would be two champions."""
    together = threading.Barrier(8)

    def attempt(number: int) -> list[int]:
        won = []
        for place in range(rounds):
            together.wait(300)
            try:
                store.put(f"race/{place}", b"%d" % number)
                won.append(place)
            except ExistsError:
                pass
        return won

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(attempt, range(8)))
    assert sorted(place for won in results for place in won) == list(range(rounds))
    for number, won in enumerate(results):
        assert all(store.read(f"race/{place}") == b"%d" % number for place in won)


def test_of_many_that_put_a_file_at_once_one_does(store: Store, tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def attempt(number: int) -> list[int]:
        won = []
        for place in range(20):
            path = tmp_path / f"{number}-{place}"
            path.write_bytes(b"%d" % number)
            together.wait(300)
            try:
                store.put_file(f"race/{place}", path)
                won.append(place)
            except ExistsError:
                pass
        return won

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(attempt, range(4)))
    assert sorted(place for won in results for place in won) == list(range(20))
    for number, won in enumerate(results):
        assert all(store.read(f"race/{place}") == b"%d" % number for place in won)


def test_an_address_says_where_an_object_is(store: Store) -> None:
    assert store.address("a/b").endswith("/a/b")


@pytest.mark.parametrize(
    "address",
    ["http://bucket/gmm", "s3://", "s3://key:secret@bucket/gmm", "s3:///gmm", "ftp://x/y"],
)
def test_an_address_that_cannot_be_meant_is_refused_without_its_secrets(address: str) -> None:
    with pytest.raises(InputError, match="GMM_STORE: must be a folder") as refused:
        store_at(address)
    assert "secret" not in str(refused.value)
