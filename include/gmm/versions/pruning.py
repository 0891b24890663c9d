"""Old versions go: the newest stay, and the champion and the one that a rollback returns to."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from include.gmm.versions import artifacts, champion


def prune(models: Path, segmentation: str, keep: int) -> list[str]:
    """Remove all versions but the newest `keep`, the champion and its predecessor; what went.

    A folder takes a hidden name first, so that no version is ever there in part.
    """
    kept = set(artifacts.versions(models, segmentation)[-keep:])
    if present := champion.read(models, segmentation):
        kept.add(present.reference.version)
        if former := champion.predecessor(models, present):
            kept.add(former.reference.version)
    shelf = models / segmentation
    gone = [name for name in artifacts.versions(models, segmentation) if name not in kept]
    _remove(shelf, gone)
    return gone


def discard(models: Path, reference: artifacts.Reference) -> None:
    """Remove a version that came to nothing, and the folder of a segmentation that has no other."""
    shelf = models / reference.segmentation
    with suppress(OSError):
        _remove(shelf, [reference.version])
        shelf.rmdir()
        models.rmdir()


def _remove(shelf: Path, versions: list[str]) -> None:
    for name in versions:
        with suppress(FileNotFoundError):  # another run prunes at the same time
            (shelf / name).rename(shelf / f".pruned-{name}")
    for hidden in shelf.glob(".pruned-*"):  # those of a run that crashed as well
        shutil.rmtree(hidden, ignore_errors=True)
