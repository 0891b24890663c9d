"""Versions on disk: a folder that is complete or does not exist, and is verified before use.

    <models>/<segmentation>/<version>/model.joblib    a scikit-learn Pipeline, loads without us
                                      choice.json     all candidates and the choice
                                      manifest.json   digests, data, settings, library versions
                                      summary.json    the evaluation, added after the load
                                      report.html     the page of the summary, added with it

Unpickling a file executes what is in it, and a damaged joblib file can load without an error and
give wrong probabilities. So the digest in the manifest is compared first, and the manifest itself
is known by the digest that its maker handed over (in Airflow: through XCom).
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Annotated, Any, Literal

import joblib
from joblib.numpy_pickle import NumpyPickler
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sklearn.pipeline import Pipeline

from include.gmm.errors import InputError
from include.gmm.features import Scale
from include.gmm.settings import Name, Segmentation
from include.gmm.summary import Choice

LIBRARIES = ("scikit-learn", "numpy", "scipy", "pandas", "joblib", "pyarrow", "duckdb")
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Version = Annotated[str, Field(pattern=r"^\d{8}T\d{6}Z-[0-9a-f]{8}(-\d+)?$")]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataRecord(_Record):
    """What the model was fitted to."""

    rows: int
    rows_fitted: int
    key: str
    features: dict[str, Scale]
    digest: Sha256


class Manifest(_Record):
    """Written last; what the version is, and the digests by which its files are known."""

    schema_version: Literal[1] = 1
    segmentation: Name
    version: Version
    created_at: str
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
    models: Path, settings: Segmentation, data: DataRecord, model: Pipeline, choice: Choice
) -> Reference:
    """Save the model and what chose it as a new version under `models`.

    All files are written to a hidden folder beside it, which then takes the version's name in one
    step: a crash leaves nothing that looks like a version.
    """
    contents = {"model.joblib": _dumped(model), "choice.json": as_json(choice)}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    now = datetime.now(UTC)
    shelf = models / settings.name
    shelf.mkdir(parents=True, exist_ok=True)
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
        manifest_sha256=hashlib.sha256(content).hexdigest(),
    )


def load(models: Path, reference: Reference) -> tuple[Manifest, Pipeline, Choice]:
    """The manifest, model and choice of a version. Nothing is unpickled before its digest holds.

    Raises InputError that names the file that is missing or is not the one that was saved.
    """
    folder = folder_of(models, reference)
    content = _verified(folder / "manifest.json", reference.manifest_sha256)
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        raise InputError(
            f"{folder / 'manifest.json'}: made by another release of this project "
            f"({error.error_count()} fields differ); train again"
        ) from None
    model = _verified(folder / "model.joblib", manifest.files["model.joblib"])
    choice = _verified(folder / "choice.json", manifest.files["choice.json"])
    return manifest, joblib.load(io.BytesIO(model)), Choice.model_validate_json(choice)


def folder_of(models: Path, reference: Reference) -> Path:
    """The folder of a version."""
    return models / reference.segmentation / reference.version


def add(path: Path, content: bytes) -> None:
    """Write a file in one step: until then its place is empty or has what it had."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        _write(draft, content)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def as_json(record: BaseModel) -> bytes:
    """A record as the files of a version hold it."""
    return (record.model_dump_json(indent=2) + "\n").encode()


def _dumped(model: Pipeline) -> bytes:
    """The model as a compressed joblib file, the same bytes for the same model.

    Pickle writes a string that it has met before as a back-reference, so its bytes depend on which
    equal strings happen to be one object. One trip through a load settles that.
    """
    content = _compressed(model)
    return _compressed(joblib.load(io.BytesIO(content)))


def _compressed(model: Any) -> bytes:
    buffer = io.BytesIO()
    with _plain_pickle():
        joblib.dump(model, buffer, compress=("zlib", 6))
    return buffer.getvalue()


@contextmanager
def _plain_pickle() -> Iterator[None]:
    """Take back what dill, where something imported it, put into the standard library's pickle.

    Airflow imports dill. With it, slices and the like are written as calls of dill: the file is
    not the one written outside Airflow, and cannot be loaded where dill is not installed. joblib's
    pickler keeps a copy of the table of savers, so that copy is the one to replace.
    """
    dill = sys.modules.get("dill")
    if dill is None:
        yield
        return
    table = NumpyPickler.dispatch
    dill.extend(use_dill=False)
    try:
        NumpyPickler.dispatch = NumpyPickler.__base__.dispatch.copy()
        yield
    finally:
        NumpyPickler.dispatch = table
        dill.extend(use_dill=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _verified(path: Path, sha256: str) -> bytes:
    """The bytes of a file whose digest is as expected."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}). Tasks share working_data/: where workers "
            "have no common disk, it must be a mounted volume"
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise InputError(
            f"{path}: SHA-256 differs from the recorded one; the file was damaged or replaced "
            "and is not loaded. Train again"
        )
    return content
