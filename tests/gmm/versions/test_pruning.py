"""Pruning: the newest stay, and those that are in use or may be again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.store.local import LocalStore
from include.gmm.versions import artifacts, champion
from include.gmm.versions.pruning import prune
from include.gmm.versions.records import Reference
from tests.gmm.snapshots import train

NONE = ""  # no version is in hand
Train = Callable[[int], list[Reference]]


@pytest.fixture
def trained(shoppers: pd.DataFrame, segmentation: Segmentation, store: Store) -> Train:
    """So many versions, the oldest first."""
    return lambda count: [train(shoppers, segmentation, store, "shoppers") for _ in range(count)]


def appoint(store: Store, reference: Reference) -> None:
    manifest = artifacts.load_manifest(store, reference)
    champion.appoint(
        store, champion.read(store, "shoppers"), reference, manifest, (1, 2), "gates", "a test"
    )


def names(references: list[Reference]) -> list[str]:
    return [reference.version for reference in references]


def test_the_newest_stay(store: Store, trained: Train) -> None:
    references = trained(5)
    assert prune(store, "shoppers", 2, NONE) == names(references[:3])
    assert artifacts.versions(store, "shoppers") == names(references[3:])
    for reference in references[3:]:
        artifacts.load(store, reference)


def test_nothing_goes_where_there_are_no_more_than_may_stay(store: Store, trained: Train) -> None:
    references = trained(2)
    assert prune(store, "shoppers", 2, NONE) == []
    assert prune(store, "shoppers", 10, NONE) == []
    assert artifacts.versions(store, "shoppers") == names(references)


def test_nothing_goes_before_anything_was_trained(store: Store) -> None:
    assert prune(store, "shoppers", 2, NONE) == []


def test_the_champion_and_the_one_before_it_stay_however_old(store: Store, trained: Train) -> None:
    references = trained(6)
    for reference in references[:3]:
        appoint(store, reference)
    assert prune(store, "shoppers", 2, NONE) == names([references[0], references[3]])
    assert champion.roll_back(store, "shoppers", "a test").reference == references[1]
    artifacts.load(store, references[1])


def test_after_a_rollback_what_another_one_returns_to_stays(store: Store, trained: Train) -> None:
    references = trained(6)
    for reference in references[:3]:
        appoint(store, reference)
    champion.roll_back(store, "shoppers", "a test")
    assert prune(store, "shoppers", 2, NONE) == names(references[2:4])
    assert champion.roll_back(store, "shoppers", "a test").reference == references[0]
    artifacts.load(store, references[0])


def test_the_champions_themselves_are_kept(store: Store, trained: Train) -> None:
    for reference in trained(4):
        appoint(store, reference)
    before = champion.history(store, "shoppers")
    prune(store, "shoppers", 2, NONE)
    assert champion.history(store, "shoppers") == before


def test_other_segmentations_are_left_alone(
    store: Store, trained: Train, shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    others = segmentation.model_copy(update={"name": "others"})
    references = [train(shoppers, others, store, "others") for _ in range(2)]
    trained(2)
    prune(store, "shoppers", 1, NONE)
    assert artifacts.versions(store, "others") == names(references)


class Watched(LocalStore):
    """A store that notes, at every deletion, what each version that is there has."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.seen: list[set[str]] = []

    def delete(self, *names: str) -> None:
        for name in names:
            there = artifacts.on_shelf(self, "shoppers")
            self.seen += [set(there[each]) for each in artifacts.versions(self, "shoppers")]
            super().delete(name)


def test_a_version_that_goes_is_never_there_in_part(folder: Path, trained: Train) -> None:
    trained(3)
    watched = Watched(folder)
    whole = {frozenset(files) for files in artifacts.on_shelf(watched, "shoppers").values()}
    prune(watched, "shoppers", 1, NONE)
    assert watched.seen
    assert {frozenset(files) for files in watched.seen} == whole


def test_what_a_crash_left_of_a_version_goes_a_day_later(store: Store, trained: Train) -> None:
    references = trained(2)
    now = datetime.now(UTC)
    left = {
        age: f"shoppers/{now - age:%Y%m%dT%H%M%SZ}-00000000/model.joblib"
        for age in (timedelta(hours=1), timedelta(days=2))
    }
    for name in left.values():
        store.put(name, b"")
    assert prune(store, "shoppers", 5, NONE) == []
    there = store.list("shoppers")
    assert left[timedelta(hours=1)] in there, "another run may still be publishing it"
    assert left[timedelta(days=2)] not in there
    assert artifacts.versions(store, "shoppers") == names(references)


def test_the_version_in_hand_stays_however_old(store: Store, trained: Train) -> None:
    """By a clock that was put back it looks oldest, and a person may decide on an old one."""
    references = trained(5)
    assert prune(store, "shoppers", 2, references[0].version) == names(references[1:3])
    artifacts.load(store, references[0])


def test_two_runs_may_prune_at_the_same_time(store: Store, trained: Train) -> None:
    references = trained(8)
    together = threading.Barrier(4)

    def attempt(_: int) -> list[str]:
        together.wait()
        return prune(store, "shoppers", 2, NONE)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(4)))
    assert artifacts.versions(store, "shoppers") == names(references[6:])
