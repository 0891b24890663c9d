"""Where the versions of a file are kept: never among those of a segmentation or of another file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from include.gmm import settings
from include.gmm.errors import InputError
from include.gmm.settings import Source
from include.gmm.store import store_at
from include.gmm.versions import artifacts

SCHEMA = "files"  # of the table that stands in the settings of a file
LONGEST = 60  # letters of a name


def source_of(file: Path, name: str, key: str) -> Source:
    """The source of a file's versions, by which they are known again."""
    return Source(table=f"{SCHEMA}.{name}", file=str(file.resolve()), columns={key: "VARCHAR"})


def name_for(models: Path, file: Path, wanted: str | None) -> str:
    """The name under which versions of the file are kept: the wanted one, or one of its own.

    Without a wish it is the file's, with a number behind it where that is taken.
    Raises InputError for a wish that cannot be fulfilled.
    """
    if wanted is not None:
        return _demanded(models, wanted)
    base = re.sub(r"[^a-z0-9]+", "_", file.resolve().name.lstrip(".").split(".")[0].lower())
    base = base.strip("_")
    base = base if base[:1].isalpha() else f"file_{base}".rstrip("_")
    numbered = (f"_{number}" if number > 1 else "" for number in count(1))
    names = (base[: LONGEST - len(suffix)] + suffix for suffix in numbered)
    return next(name for name in names if _is_free(models, name, file))


def _demanded(models: Path, name: str) -> str:
    if not re.fullmatch(rf"[a-z][a-z0-9_]{{0,{LONGEST - 1}}}", name):
        raise InputError(
            f"--name {name!r}: must be small letters, digits and _, begin with a letter, and be no "
            f"longer than {LONGEST}"
        )
    if _is_segmentation(models, name):
        raise InputError(
            f"--name {name}: that is a segmentation's name, and its versions are of other data; "
            "name another one"
        )
    return name


def _is_free(models: Path, name: str, file: Path) -> bool:
    """Whether nothing is kept under the name but versions of this file."""
    if _is_segmentation(models, name) or (models / name).is_file():
        return False
    return all(source and source.file == str(file.resolve()) for source in _sources(models, name))


def _is_segmentation(models: Path, name: str) -> bool:
    """Whether it is one now, or versions of one that was are kept under the name."""
    if any(path.stem.lower() == name for path in settings.SEGMENTATIONS.glob("*.[yY]*")):
        return True
    if (models / name / "champions").exists():
        return True
    sources = _sources(models, name)
    return any(source and not source.table.startswith(f"{SCHEMA}.") for source in sources)


def _sources(models: Path, name: str) -> Iterator[Source | None]:
    """What each version under the name was made of; None where that cannot be told any more."""
    store = store_at(models.absolute())
    if (models / name).is_file():
        return
    for version in artifacts.versions(store, name):
        try:
            reference = artifacts.find(store, name, version)
            yield artifacts.load_manifest(store, reference).settings.source
        except InputError:
            yield None
