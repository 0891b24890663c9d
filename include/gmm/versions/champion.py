"""The champion: the version whose segments are in use, and those that were it before.

    <segmentation>/champions/000001.json    the first champion
                             000002.json    the one that replaced it, and so on

The last record names the champion. No record is ever changed, and the next one is put only where
there is none yet: of two that would replace the same champion one does, whenever they come, without
a lock that a crash could leave behind. Each record carries the digest of the one before, so that
none can be exchanged unseen.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from sklearn.pipeline import Pipeline

from include.gmm.errors import InputError
from include.gmm.promotion_record import Cause
from include.gmm.store import ExistsError, Store
from include.gmm.versions import artifacts
from include.gmm.versions.records import Champion, Manifest, Reference
from include.gmm.versions.seal import sealed, unsealed


class SupersededError(InputError):
    """Another version has been made the champion meanwhile."""


def read(store: Store, segmentation: str) -> Champion | None:
    """The champion, or None before the first one. Raises InputError that names a damaged record."""
    names = _names(store, segmentation)
    if not names:
        return None
    last = names[-2:]
    return _chained(store, segmentation, last, first_serial=len(names) - len(last) + 1)[-1]


class LostError(InputError):
    """The store has lost a champion that others know of, or is another store."""


def known_to(store: Store, segmentation: str, told: Champion | None) -> Champion | None:
    """The champion, in a store that still has the one that was told of.

    Parameters
    ----------
    store, segmentation
        Where the champion is looked for, and whose it is.
    told
        The record of the latest champion that somebody else has kept, None for none.

    Raises
    ------
    LostError
        If the store has no such record: it was lost, or this is another store.
    """
    champions = history(store, segmentation)
    if told is None or told in champions:
        return champions[-1] if champions else None
    there = f"{champions[-1].reference.version} as the latest one" if champions else "no champion"
    raise LostError(
        f"{segmentation}: {told.reference.version} was made the champion at "
        f"{told.appointed_at[:19].replace('T', ' ')} UTC by {told.actor}, and the store, "
        f"{store.address(segmentation)}, has {there}. It was lost with a disk that did not last, "
        "or the tasks do not share one store (GMM_STORE). Restore its files or name the store that "
        f"has them; or, to begin with new segment ids, run {segmentation}_train with "
        '"Start over" in its trigger form'
    )


def history(store: Store, segmentation: str) -> list[Champion]:
    """All champions, the first one first. Raises InputError that names a damaged record."""
    return _chained(store, segmentation, _names(store, segmentation), first_serial=1)


def load(store: Store, champion: Champion) -> tuple[Manifest, Pipeline]:
    """The manifest and model of a champion, which its record fits.

    Raises InputError as `artifacts.load` does, and when the record has other segments.
    """
    manifest, model = artifacts.load(store, champion.reference)
    components = model.named_steps["mixture"].n_components
    if len(champion.segment_ids) != components:
        name = _name(manifest.segmentation, champion.serial)
        raise InputError(
            f"{store.address(name)}: has {len(champion.segment_ids)} segment ids, and its version, "
            f"{manifest.version}, has {components} components; restore the record from a backup"
        )
    return manifest, model


def predecessor(store: Store, champion: Champion) -> Champion | None:
    """The champion that a rollback would return to, None where there is none.

    Raises InputError that names a record that is damaged or missing.
    """
    if champion.predecessor is None:
        return None
    return history(store, champion.reference.segmentation)[champion.predecessor - 1]


def appoint(
    store: Store,
    expected: Champion | None,
    reference: Reference,
    manifest: Manifest,
    segment_ids: tuple[int, ...],
    cause: Cause,
    actor: str,
) -> Champion:
    """Make a version the champion in place of `expected`, the one it was compared with.

    Raises SupersededError, and changes nothing, if that is the champion no more.
    """
    now = datetime.now(UTC)
    return _add(
        store,
        expected,
        Champion(
            serial=serial_of(expected) + 1,
            reference=reference,
            as_of=min(manifest.as_of, now.isoformat()),
            segment_ids=segment_ids,
            greatest_id=max([*segment_ids, expected.greatest_id if expected else 0]),
            predecessor=expected.serial if expected else None,
            cause=cause,
            actor=actor,
            appointed_at=now.isoformat(timespec="seconds"),
            attempt=uuid4().hex,
            preceding_sha256=_digest(store, expected),
        ),
    )


def before(store: Store, segmentation: str) -> tuple[Champion, Champion]:
    """The present champion, and the one before it, to which a rollback returns.

    Raises InputError where there is none, or where its version is no longer in the store.
    """
    present = read(store, segmentation)
    former = predecessor(store, present) if present else None
    if present is None or former is None:
        raise InputError(
            f"{segmentation}: there is no champion before the present one to return to"
        )
    if former.reference.version not in artifacts.versions(store, segmentation):
        raise InputError(
            f"{segmentation}: {former.reference.version}, the champion before the present one, is "
            "no longer in the store; restore its folder from a backup, or promote another version"
        )
    return present, former


def roll_back(store: Store, segmentation: str, actor: str, serial: int | None = None) -> Champion:
    """Return to the champion before the present one; ids given since then stay taken.

    serial: of the champion to take back, unless it is whichever is present. What has been taken
    back already is not taken back once more.
    Raises InputError where there is none before, and SupersededError, with nothing changed, if
    another was appointed meanwhile.
    """
    if serial is not None and (there := read(store, segmentation)):
        if (there.serial, there.cause) == (serial + 1, "rollback"):
            return there
        if there.serial != serial:
            raise SupersededError(
                f"{segmentation}: {there.reference.version} has become the champion since this "
                "rollback was asked for; start another one if it is to be taken back as well"
            )
    present, former = before(store, segmentation)
    changes = {
        "serial": present.serial + 1,
        "greatest_id": present.greatest_id,
        "cause": "rollback",
        "actor": actor,
        "appointed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "attempt": uuid4().hex,
        "preceding_sha256": _digest(store, present),
    }
    return _add(store, present, former.model_copy(update=changes))


def serial_of(champion: Champion | None) -> int:
    """Its serial, 0 for none."""
    return champion.serial if champion else 0


def _names(store: Store, segmentation: str) -> list[str]:
    return store.list(_folder(segmentation))


def _folder(segmentation: str) -> str:
    return f"{artifacts.shelf(segmentation)}/champions"


def _name(segmentation: str, serial: int) -> str:
    return f"{_folder(segmentation)}/{serial:06d}.json"


def _chained(
    store: Store, segmentation: str, names: list[str], first_serial: int
) -> list[Champion]:
    """The records of these names, each the one that its name says and that the next one follows."""
    found: list[Champion] = []
    preceding: str | None = None
    for serial, name in enumerate(names, first_serial):
        address = store.address(name)
        expected = _name(segmentation, serial)
        if name != expected:
            raise InputError(
                f"{address}: the record before it is missing, {store.address(expected)}, or this "
                "is none; restore the folder from a backup"
            )
        content = store.read(name)
        champion = unsealed(content, Champion, address)
        if (champion.serial, champion.reference.segmentation) != (serial, segmentation):
            raise InputError(
                f"{address}: is the record of champion {champion.serial} of "
                f"{champion.reference.segmentation}; restore the one that belongs there"
            )
        if champion.preceding_sha256 != preceding and (found or serial == 1):
            raise InputError(
                f"{address}: does not follow the record before it, one of the two was exchanged; "
                "restore the folder from a backup"
            )
        preceding = artifacts.sha256(content)
        found.append(champion)
    return found


def _digest(store: Store, champion: Champion | None) -> str | None:
    if champion is None:
        return None
    name = _name(champion.reference.segmentation, champion.serial)
    return artifacts.sha256(store.read(name))


def _add(store: Store, expected: Champion | None, champion: Champion) -> Champion:
    segmentation = champion.reference.segmentation
    superseded = SupersededError(f"{segmentation}: another champion was appointed meanwhile")
    # A record that was lost must not be taken for one that never was.
    if len(_names(store, segmentation)) > serial_of(expected):
        raise superseded
    try:
        store.put(_name(segmentation, champion.serial), sealed(champion))
    except ExistsError:
        raise superseded from None
    return champion
