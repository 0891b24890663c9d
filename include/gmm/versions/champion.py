"""The champion: the version whose segments are in use, and those that were it before.

    <models>/<segmentation>/champions/000001.json    the first champion
                                      000002.json    the one that replaced it, and so on

The last file names the champion. No file is ever changed, and the next one is made only where there
is none yet: of two that would replace the same champion one does, whenever they come, without a
lock that a crash could leave behind.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from include.gmm import disk
from include.gmm.errors import InputError
from include.gmm.versions import artifacts
from include.gmm.versions.artifacts import Manifest, Reference, as_json

Cause = Literal["gates", "person", "rollback"]


class Champion(BaseModel):
    """A version that was made the champion, and the ids under which people know its segments."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    serial: int = Field(ge=1, description="1, 2, ...: the last one is the champion now")
    reference: Reference
    as_of: str = Field(description="The moment, UTC, of the data that the version was fitted to")
    segment_ids: tuple[int, ...] = Field(description="One for each component, in their order")
    greatest_id: int = Field(description="No id up to here is free: each is or was somebody's")
    predecessor: int | None = Field(description="Serial of the one that a rollback returns to")
    cause: Cause
    appointed_at: str = Field(description="UTC, ISO 8601")

    @property
    def age(self) -> tuple[str, str]:
        """What orders versions: the moment of their data, and then when they were made."""
        return self.as_of, self.reference.version


class SupersededError(InputError):
    """Another version has been made the champion meanwhile."""


def read(models: Path, segmentation: str) -> Champion | None:
    """The champion, or None before the first one. Raises InputError that names a damaged file."""
    files = _files(models, segmentation)
    return _parsed(files[-1]) if files else None


def history(models: Path, segmentation: str) -> list[Champion]:
    """All champions, the first one first. Raises InputError that names a damaged file."""
    return [_parsed(file) for file in _files(models, segmentation)]


def predecessor(models: Path, champion: Champion) -> Champion | None:
    """The champion that a rollback would return to, None where there is none.

    Raises InputError that names a file that is damaged or missing.
    """
    if champion.predecessor is None:
        return None
    folder = _folder(models, champion.reference.segmentation)
    return _parsed(folder / _file_name(champion.predecessor))


def appoint(
    models: Path,
    expected: Champion | None,
    reference: Reference,
    manifest: Manifest,
    segment_ids: tuple[int, ...],
    cause: Cause,
) -> Champion:
    """Make a version the champion in place of `expected`, the one it was compared with.

    Raises SupersededError, and changes nothing, if that is the champion no more.
    """
    return _add(
        models,
        Champion(
            serial=serial_of(expected) + 1,
            reference=reference,
            as_of=manifest.as_of,
            segment_ids=segment_ids,
            greatest_id=max([*segment_ids, expected.greatest_id if expected else 0]),
            predecessor=expected.serial if expected else None,
            cause=cause,
            appointed_at=_now(),
        ),
    )


def before(models: Path, segmentation: str) -> tuple[Champion, Champion]:
    """The present champion, and the one before it, to which a rollback returns.

    Raises InputError where there is none, or where its version is no longer on the disk.
    """
    present = read(models, segmentation)
    former = predecessor(models, present) if present else None
    if present is None or former is None:
        raise InputError(
            f"{segmentation}: there is no champion before the present one to return to"
        )
    if not artifacts.folder_of(models, former.reference).is_dir():
        raise InputError(
            f"{segmentation}: {former.reference.version}, the champion before the present one, is "
            "no longer on the disk"
        )
    return present, former


def roll_back(models: Path, segmentation: str, serial: int | None = None) -> Champion:
    """Return to the champion before the present one; ids given since then stay taken.

    serial: of the champion to take back, unless it is whichever is present. What has been taken
    back already is not taken back once more.
    Raises InputError where there is none before, and SupersededError, with nothing changed, if
    another was appointed meanwhile.
    """
    if serial is not None and (there := read(models, segmentation)):
        if (there.serial, there.cause) == (serial + 1, "rollback"):
            return there
        if there.serial != serial:
            raise SupersededError(
                f"{segmentation}: {there.reference.version} has become the champion since this "
                "rollback was asked for; start another one if it is to be taken back as well"
            )
    present, former = before(models, segmentation)
    changes = {
        "serial": present.serial + 1,
        "greatest_id": present.greatest_id,
        "cause": "rollback",
        "appointed_at": _now(),
    }
    return _add(models, former.model_copy(update=changes))


def serial_of(champion: Champion | None) -> int:
    """Its serial, 0 for none."""
    return champion.serial if champion else 0


def _files(models: Path, segmentation: str) -> list[Path]:
    return sorted(_folder(models, segmentation).glob("[0-9]*.json"))


def _folder(models: Path, segmentation: str) -> Path:
    return models / segmentation / "champions"


def _file_name(serial: int) -> str:
    return f"{serial:06d}.json"


def _parsed(path: Path) -> Champion:
    try:
        return Champion.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError(
            f"{path}: cannot be read as a champion ({type(error).__name__}). Restore the file; "
            "without it nobody knows which version is in use"
        ) from error


def _add(models: Path, champion: Champion) -> Champion:
    folder = _folder(models, champion.reference.segmentation)
    draft = folder / f".draft-{uuid4().hex}"
    with disk.writing(folder), disk.made(folder):
        try:
            with draft.open("xb") as file:
                file.write(as_json(champion))
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, folder / _file_name(champion.serial))
        except FileExistsError:
            raise SupersededError(
                f"{champion.reference.segmentation}: another champion was appointed meanwhile"
            ) from None
        finally:
            draft.unlink(missing_ok=True)
    return champion


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
