"""Pruning: the newest stay, and those that are in use or may be again."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from include.gmm.settings import Segmentation
from include.gmm.training import train
from include.gmm.versions import artifacts, champion
from include.gmm.versions.artifacts import Reference
from include.gmm.versions.pruning import prune

Train = Callable[[int], list[Reference]]


@pytest.fixture
def trained(shoppers: pd.DataFrame, segmentation: Segmentation, models: Path) -> Train:
    """So many versions, the oldest first."""
    return lambda count: [train(shoppers, segmentation, models, "shoppers") for _ in range(count)]


def appoint(models: Path, reference: Reference) -> None:
    manifest = artifacts.load_manifest(models, reference)
    champion.appoint(
        models, champion.read(models, "shoppers"), reference, manifest, (1, 2), "gates"
    )


def names(references: list[Reference]) -> list[str]:
    return [reference.version for reference in references]


def test_the_newest_stay(models: Path, trained: Train) -> None:
    references = trained(5)
    assert prune(models, "shoppers", 2) == names(references[:3])
    assert artifacts.versions(models, "shoppers") == names(references[3:])
    for reference in references[3:]:
        artifacts.load(models, reference)


def test_nothing_goes_where_there_are_no_more_than_may_stay(models: Path, trained: Train) -> None:
    references = trained(2)
    assert prune(models, "shoppers", 2) == []
    assert prune(models, "shoppers", 10) == []
    assert artifacts.versions(models, "shoppers") == names(references)


def test_nothing_goes_before_anything_was_trained(models: Path) -> None:
    assert prune(models, "shoppers", 2) == []


def test_the_champion_and_the_one_before_it_stay_however_old(models: Path, trained: Train) -> None:
    references = trained(6)
    for reference in references[:3]:
        appoint(models, reference)
    assert prune(models, "shoppers", 2) == names([references[0], references[3]])
    assert champion.roll_back(models, "shoppers").reference == references[1]
    artifacts.load(models, references[1])


def test_after_a_rollback_what_another_one_returns_to_stays(models: Path, trained: Train) -> None:
    references = trained(6)
    for reference in references[:3]:
        appoint(models, reference)
    champion.roll_back(models, "shoppers")
    assert prune(models, "shoppers", 2) == names(references[2:4])
    assert champion.roll_back(models, "shoppers").reference == references[0]
    artifacts.load(models, references[0])


def test_the_champions_themselves_are_kept(models: Path, trained: Train) -> None:
    for reference in trained(4):
        appoint(models, reference)
    before = champion.history(models, "shoppers")
    prune(models, "shoppers", 2)
    assert champion.history(models, "shoppers") == before


def test_other_segmentations_are_left_alone(
    models: Path, trained: Train, shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    others = segmentation.model_copy(update={"name": "others"})
    references = [train(shoppers, others, models, "others") for _ in range(2)]
    trained(2)
    prune(models, "shoppers", 1)
    assert artifacts.versions(models, "others") == names(references)


def test_a_version_that_goes_is_never_there_in_part(
    models: Path, trained: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    references = trained(3)
    whole = {path.name for path in artifacts.folder_of(models, references[0]).iterdir()}
    seen = []
    unlink = os.unlink

    def watched(*arguments: object, **options: object) -> None:
        for folder in (models / "shoppers").glob("2*"):
            seen.append({path.name for path in folder.iterdir()})
        unlink(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "unlink", watched)
    prune(models, "shoppers", 1)
    assert seen
    assert all(files == whole for files in seen)


def test_a_crash_while_a_version_goes_leaves_whole_ones(
    models: Path, trained: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    references = trained(4)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(shutil, "rmtree", crash)
        prune(models, "shoppers", 2)
    assert artifacts.versions(models, "shoppers") == names(references[2:])
    assert list((models / "shoppers").glob(".pruned-*"))
    assert prune(models, "shoppers", 2) == []
    assert not list((models / "shoppers").glob(".pruned-*")), "what the crash left goes as well"


def test_two_runs_may_prune_at_the_same_time(models: Path, trained: Train) -> None:
    references = trained(8)
    together = threading.Barrier(4)

    def attempt(_: int) -> list[str]:
        together.wait()
        return prune(models, "shoppers", 2)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(4)))
    assert artifacts.versions(models, "shoppers") == names(references[6:])
