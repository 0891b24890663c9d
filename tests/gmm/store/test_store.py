"""What every store does, whichever it is."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from include.gmm.errors import InputError
from include.gmm.store import ExistsError, MissingError, Store, store_at
from tests.gmm.store.conftest import OpenStore


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


def test_of_many_that_put_one_name_at_once_one_does(store: Store) -> None:
    """Two hundred rounds: a single one with two winners would be two champions."""
    together = threading.Barrier(8)

    def attempt(number: int) -> list[int]:
        won = []
        for place in range(200):
            together.wait(300)
            try:
                store.put(f"race/{place}", b"%d" % number)
                won.append(place)
            except ExistsError:
                pass
        return won

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(attempt, range(8)))
    assert sorted(place for won in results for place in won) == list(range(200))
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
