"""Old versions go: the newest stay, and the champion and the one that a rollback returns to.

With them go the snapshots of features that no other version was fitted to.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from include.gmm import snapshot
from include.gmm.errors import InputError
from include.gmm.store import Store
from include.gmm.versions import artifacts, champion
from include.gmm.versions.records import Reference

ABANDONED = timedelta(days=1)  # after which a version without a manifest is one of a crash


def prune(store: Store, segmentation: str, keep: int, in_hand: str) -> list[str]:
    """Remove all versions but the newest `keep`, the one in hand, the champion, its predecessor.

    A manifest goes first, so that no version is ever there in part. What a crash has left of one
    goes as well, a day later.

    Parameters
    ----------
    store
        Where the versions are.
    segmentation
        Whose versions.
    keep
        How many of the newest stay, whatever they are.
    in_hand
        The version that is being decided on. By a clock that was put back it may look oldest.

    Returns
    -------
    list of str
        The versions that went.
    """
    files = artifacts.on_shelf(store, segmentation)
    there = artifacts.versions(store, segmentation)
    kept = {in_hand, *there[-keep:]}
    if present := champion.read(store, segmentation):
        kept.add(present.reference.version)
        if former := champion.predecessor(store, present):
            kept.add(former.reference.version)
    gone = [version for version in there if version not in kept]
    now = datetime.now(UTC)
    left = [name for name in files if name not in there and now - _made(name) > ABANDONED]
    for version in (*gone, *left):
        _remove(store, segmentation, version, files[version])
    prune_snapshots(store, segmentation)
    return gone


def prune_snapshots(store: Store, segmentation: str) -> None:
    """Remove the snapshots that no version was fitted to and no run can be reading any more."""
    needed = set()
    for version in artifacts.versions(store, segmentation):
        with suppress(InputError):  # what is damaged tells nothing, and cannot be used
            reference = artifacts.find(store, segmentation, version)
            needed.add(artifacts.load_manifest(store, reference).data.snapshot)
    snapshot.prune(store, segmentation, needed)


def discard(store: Store, reference: Reference) -> None:
    """Remove a version that came to nothing."""
    files = artifacts.on_shelf(store, reference.segmentation)
    _remove(store, reference.segmentation, reference.version, files.get(reference.version, []))


def _remove(store: Store, segmentation: str, version: str, files: list[str]) -> None:
    names = sorted(files, key=lambda name: name != artifacts.MANIFEST)
    folder = f"{artifacts.shelf(segmentation)}/{version}"
    store.delete(*(f"{folder}/{name}" for name in names))


def _made(version: str) -> datetime:
    return datetime.strptime(version[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
