"""Versions on disk: a folder that is complete or does not exist, and is verified before use.

    <models>/<segmentation>/<version>/model.joblib    a scikit-learn Pipeline, loads without us
                                      choice.json     all candidates and the choice
                                      profile.json    the data that it was fitted to, in outline
                                      manifest.json   digests, data, settings, library versions
                                      summary.json    the evaluation, added after the load
                                      report.html     the page of the summary, added with it

Unpickling a file executes what is in it, and a damaged joblib file can load without an error and
give wrong probabilities. So the digest in the manifest is compared first, and the manifest itself
is known by the digest that its maker handed over (in Airflow: through XCom).
"""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sklearn.pipeline import Pipeline

from include.gmm import disk
from include.gmm.errors import InputError
from include.gmm.features import Scale
from include.gmm.setting_kinds import Name
from include.gmm.settings import Segmentation
from include.gmm.versions import pickling

LIBRARIES = ("scikit-learn", "numpy", "scipy", "pandas", "joblib", "pyarrow", "duckdb")
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
VERSION = r"^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}(-[0-9]+)?$"
Version = Annotated[str, Field(pattern=VERSION)]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataRecord(_Record):
    """What the model was fitted to."""

    rows: int
    rows_fitted: int
    rows_left_out: int = Field(default=0, description="Because a feature is missing")
    key: str
    features: dict[str, Scale]
    digest: Sha256


class Manifest(_Record):
    """Written last; what the version is, and the digests by which its files are known."""

    schema_version: Literal[2] = 2
    segmentation: Name
    version: Version
    created_at: str
    as_of: str = Field(description="The moment, UTC, whose data this is: the newest champion wins")
    files: dict[str, Sha256]
    data: DataRecord
    settings: Segmentation
    seed: int
    libraries: dict[str, str]


class Reference(_Record):
    """What is handed from task to task in place of a model: small, and enough to verify it."""

    segmentation: Name
    version: Version
    manifest_sha256: Sha256


def publish(
    models: Path,
    settings: Segmentation,
    data: DataRecord,
    model: Pipeline,
    records: Mapping[str, BaseModel],
    as_of: datetime | None = None,
) -> Reference:
    """Save the model, and records by the names of their files, as a new version under `models`.

    `as_of` is the moment whose data it was fitted to: now, unless a run stands for another one.

    All files are written to a hidden folder beside it, which then takes the version's name in one
    step: a crash leaves nothing that looks like a version.
    Raises InputError where the disk refuses to hold it, and leaves nothing behind.
    """
    contents = {"model.joblib": pickling.dumped(model)}
    contents |= {name: as_json(record) for name, record in records.items()}
    digests = {name: sha256(content) for name, content in contents.items()}
    now = datetime.now(UTC)
    shelf = models / settings.name
    with disk.writing(shelf), disk.made(shelf):
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=shelf))
        try:
            draft.chmod(0o755)
            for name, content in contents.items():
                _write(draft / name, content)
            base = f"{now:%Y%m%dT%H%M%SZ}-{digests['model.joblib'][:8]}"
            attempt = 1
            while True:
                version = base if attempt == 1 else f"{base}-{attempt}"
                manifest = Manifest(
                    segmentation=settings.name,
                    version=version,
                    created_at=now.isoformat(timespec="seconds"),
                    as_of=(as_of or now).astimezone(UTC).isoformat(),
                    files=digests,
                    data=data,
                    settings=settings,
                    seed=settings.mixture.seed,
                    libraries={
                        "python": platform.python_version(),
                        **{library: library_version(library) for library in LIBRARIES},
                    },
                )
                content = as_json(manifest)
                _write(draft / "manifest.json", content)
                try:
                    draft.rename(shelf / version)
                    break
                except OSError:  # another run published the same model in the same second
                    if not (shelf / version).is_dir():
                        raise
                    attempt += 1
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return Reference(
        segmentation=settings.name,
        version=version,
        manifest_sha256=sha256(content),
    )


def load(models: Path, reference: Reference) -> tuple[Manifest, Pipeline]:
    """The manifest and model of a version. Nothing is unpickled before its digest holds.

    Raises InputError that names the file that is missing, is not the one that was saved, or is no
    model of ours.
    """
    manifest = load_manifest(models, reference)
    path = folder_of(models, reference) / "model.joblib"
    content = _verified(path, manifest.files["model.joblib"])
    try:
        return manifest, pickling.loaded(content)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path}: is not loaded: {error}. Restore the version from a backup, or train again"
        ) from error


def load_manifest(models: Path, reference: Reference) -> Manifest:
    """The manifest of a version. Raises InputError as `load` does."""
    path = folder_of(models, reference) / "manifest.json"
    return _parsed(Manifest, path, _verified(path, reference.manifest_sha256))


def load_record[R: BaseModel](
    models: Path, reference: Reference, manifest: Manifest, name: str, kind: type[R]
) -> R:
    """One of the records that were published with a version. Raises InputError as `load` does."""
    path = folder_of(models, reference) / name
    if name not in manifest.files:
        raise InputError(f"{path}: not saved by the release that made this version; train again")
    return _parsed(kind, path, _verified(path, manifest.files[name]))


def find(models: Path, segmentation: str, version: str) -> Reference:
    """A version by its name, as it is on this disk. Raises InputError that lists those there."""
    path = models / segmentation / version / "manifest.json"
    try:
        if not re.fullmatch(VERSION, version):
            raise FileNotFoundError
        content = path.read_bytes()
    except FileNotFoundError:
        there = ", ".join(versions(models, segmentation)) or "none"
        raise InputError(
            f"{path.parent}: no such version of {segmentation!r}; there are: {there}"
        ) from None
    except OSError as error:
        raise InputError(disk.told(error, path)) from error
    return Reference(
        segmentation=segmentation,
        version=version,
        manifest_sha256=sha256(content),
    )


def versions(models: Path, segmentation: str) -> list[str]:
    """The complete versions on this disk, the oldest first."""
    return sorted(path.parent.name for path in (models / segmentation).glob("2*/manifest.json"))


def folder_of(models: Path, reference: Reference) -> Path:
    """The folder of a version."""
    return models / reference.segmentation / reference.version


def add(path: Path, content: bytes) -> None:
    """Write a file in one step: until then its place is empty or has what it had.

    Raises InputError where the disk refuses it.
    """
    draft = path.with_name(f".{path.name[:200]}-{os.getpid()}")
    with disk.writing(path):
        try:
            _write(draft, content)
            draft.replace(path)
        except BaseException:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise


def sha256(content: bytes) -> str:
    """The digest by which a file is known."""
    return hashlib.sha256(content).hexdigest()


def as_json(record: BaseModel) -> bytes:
    """A record as the files of a version hold it."""
    return (record.model_dump_json(indent=2) + "\n").encode()


def _parsed[R: BaseModel](kind: type[R], path: Path, content: bytes) -> R:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise InputError(
            f"{path}: made by another release of this project "
            f"({error.error_count()} fields differ); train again"
        ) from None


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _verified(path: Path, expected: str) -> bytes:
    """The bytes of a file whose digest is as expected."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}). Tasks share working_data/: where workers "
            "have no common disk, it must be a mounted volume"
        ) from error
    if sha256(content) != expected:
        raise InputError(
            f"{path}: SHA-256 differs from the recorded one; the file was damaged or replaced "
            "and is not loaded. Train again"
        )
    return content
