"""Versions in the store: complete with their manifest, and verified before use.

    <segmentation>/<version>/model.joblib    a scikit-learn Pipeline, loads without us
                             choice.json     all candidates and the choice
                             profile.json    the data that it was fitted to, in outline
                             manifest.json   digests, data, settings, library versions
                             summary.json    the evaluation, added after the load
                             report.html     the page of the summary, added with it

The manifest is put last, and once: without it there is no version. Unpickling a file executes what
is in it, and a damaged joblib file can load without an error and give wrong probabilities. So the
digest in the manifest is compared first, and the manifest itself is known by the digest that its
maker handed over (in Airflow: through XCom).
"""

from __future__ import annotations

import hashlib
import pickle
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from itertools import count

from pydantic import BaseModel, ValidationError
from sklearn.pipeline import Pipeline

from include.gmm.errors import InputError
from include.gmm.settings import Segmentation
from include.gmm.snapshot import Snapshot, opened
from include.gmm.snapshot.rows import Rows
from include.gmm.store import ExistsError, MissingError, Store
from include.gmm.versions import pickling
from include.gmm.versions.records import VERSION, DataRecord, Manifest, Reference
from include.gmm.versions.seal import sealed, unsealed

LIBRARIES = ("scikit-learn", "numpy", "scipy", "pandas", "joblib", "pyarrow", "duckdb")
MANIFEST = "manifest.json"


def publish(
    store: Store,
    settings: Segmentation,
    data: DataRecord,
    model: Pipeline,
    records: Mapping[str, BaseModel],
    as_of: datetime | None = None,
) -> Reference:
    """Save the model, and records by the names of their files, as a new version.

    `as_of` is the moment whose data it was fitted to: now, unless a run stands for another one. A
    moment that is still to come, by a clock that is wrong, is taken for now: else no later version
    would ever be newer. After an error nothing of the version is left.
    """
    contents = {"model.joblib": pickling.dumped(model)}
    contents |= {name: as_json(record) for name, record in records.items()}
    digests = {name: sha256(content) for name, content in contents.items()}
    now = datetime.now(UTC)
    for version in _names(now, digests["model.joblib"]):
        manifest = Manifest(
            segmentation=settings.name,
            version=version,
            created_at=now.isoformat(timespec="seconds"),
            as_of=min(as_of or now, now).astimezone(UTC).isoformat(),
            files=digests,
            data=data,
            settings=settings,
            seed=settings.mixture.seed,
            libraries={
                "python": platform.python_version(),
                **{library: library_version(library) for library in LIBRARIES},
            },
        )
        content = sealed(manifest)
        folder = f"{shelf(settings.name)}/{version}"
        files = {f"{folder}/{name}": each for name, each in contents.items()}
        try:
            for name, each in files.items():
                store.put(name, each)
            store.put(f"{folder}/{MANIFEST}", content)
            break
        except ExistsError:  # another run published the same model in the same second
            continue
        except BaseException:
            if version not in versions(store, settings.name):  # complete, by another run
                store.delete(*files)
            raise
    return Reference(segmentation=settings.name, version=version, manifest_sha256=sha256(content))


def load(store: Store, reference: Reference) -> tuple[Manifest, Pipeline]:
    """The manifest and model of a version. Nothing is unpickled before its digest holds.

    Raises InputError that names the file that is missing, is not the one that was saved, or is no
    model of ours.
    """
    manifest = load_manifest(store, reference)
    name = file_of(reference, "model.joblib")
    content = _verified(store, name, manifest.files["model.joblib"])
    try:
        return manifest, pickling.loaded(content)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{store.address(name)}: is not loaded: {error}. Restore the version from a backup, or "
            "train again"
        ) from error


def load_manifest(store: Store, reference: Reference) -> Manifest:
    """The manifest of a version. Raises InputError as `load` does."""
    name = file_of(reference, MANIFEST)
    content = _verified(store, name, reference.manifest_sha256)
    manifest = unsealed(content, Manifest, store.address(name))
    if (manifest.segmentation, manifest.version) != (reference.segmentation, reference.version):
        raise InputError(f"{store.address(name)}: is that of {manifest.version}; restore its own")
    return manifest


def load_record[R: BaseModel](
    store: Store, reference: Reference, manifest: Manifest, name: str, kind: type[R]
) -> R:
    """One of the records that were published with a version. Raises InputError as `load` does."""
    path = file_of(reference, name)
    if name not in manifest.files:
        raise InputError(
            f"{store.address(path)}: not saved by the release that made this version; train again"
        )
    content = _verified(store, path, manifest.files[name])
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise InputError(
            f"{store.address(path)}: made by another release of this project "
            f"({error.error_count()} fields differ); train again"
        ) from None


@contextmanager
def fitted_rows(store: Store, reference: Reference) -> Iterator[Rows]:
    """The rows that a version was fitted to, as long as the context lasts.

    Raises InputError as `load` and `snapshot.opened` do, and for a version of a file, whose rows
    are not in the store.
    """
    data = load_manifest(store, reference).data
    if data.snapshot is None:
        raise InputError(
            f"{store.address(file_of(reference, MANIFEST))}: was fitted to a file, and its rows "
            "are not in the store"
        )
    taken = Snapshot(
        segmentation=reference.segmentation,
        name=data.snapshot,
        sha256=data.digest,
        rows=data.rows,
    )
    with opened(store, taken) as rows:
        yield rows


def find(store: Store, segmentation: str, version: str) -> Reference:
    """A version by its name, as it is in the store. Raises InputError that lists those there."""
    name = f"{shelf(segmentation)}/{version}/{MANIFEST}"
    try:
        if not VERSION.fullmatch(version):
            raise MissingError
        content = store.read(name)
    except MissingError:
        there = ", ".join(versions(store, segmentation)) or "none"
        named = VERSION.fullmatch(version) is not None
        where = store.address(f"{shelf(segmentation)}/{version}") if named else repr(version[:80])
        raise InputError(
            f"{where}: no such version of {segmentation!r}; there are: {there}"
        ) from None
    return Reference(segmentation=segmentation, version=version, manifest_sha256=sha256(content))


def versions(store: Store, segmentation: str) -> list[str]:
    """The complete versions in the store, the oldest first."""
    return [
        version for version, files in on_shelf(store, segmentation).items() if MANIFEST in files
    ]


def on_shelf(store: Store, segmentation: str) -> dict[str, list[str]]:
    """The files of every version, the oldest first; one without a manifest is not complete."""
    found: dict[str, list[str]] = {}
    for name in store.list(shelf(segmentation)):
        _, version, *rest = name.split("/")
        if rest and VERSION.fullmatch(version):
            found.setdefault(version, []).append("/".join(rest))
    return dict(sorted(found.items()))


def shelf(segmentation: str) -> str:
    """The folder of all versions of a segmentation."""
    return segmentation


def file_of(reference: Reference, name: str) -> str:
    """The name in the store of one of the files of a version."""
    return f"{shelf(reference.segmentation)}/{reference.version}/{name}"


def sha256(content: bytes) -> str:
    """The digest by which a file is known."""
    return hashlib.sha256(content).hexdigest()


def as_json(record: BaseModel) -> bytes:
    """A record as the files of a version hold it."""
    return (record.model_dump_json(indent=2) + "\n").encode()


def _names(now: datetime, digest: str) -> Iterator[str]:
    base = f"{now:%Y%m%dT%H%M%SZ}-{digest[:8]}"
    yield base
    yield from (f"{base}-{attempt}" for attempt in count(2))


def _verified(store: Store, name: str, expected: str) -> bytes:
    """The bytes of a file whose digest is as expected."""
    try:
        content = store.read(name)
    except MissingError as error:
        raise InputError(
            f"{error}. All tasks share one store: where workers have no common disk, GMM_STORE has "
            "to name a bucket or a mounted volume"
        ) from error
    if sha256(content) != expected:
        raise InputError(
            f"{store.address(name)}: SHA-256 differs from the recorded one; the file was damaged "
            "or replaced and is not loaded. Train again"
        )
    return content
