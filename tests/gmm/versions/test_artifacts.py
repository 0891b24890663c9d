"""Versions: complete or absent, and verified before anything is unpickled."""

import errno
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.settings import Segmentation
from include.gmm.summary import Choice
from include.gmm.training import train
from include.gmm.versions import artifacts, pickling
from include.gmm.versions.artifacts import Reference


def test_a_version_comes_back_as_it_was_published(
    models: Path, reference: Reference, shoppers: pd.DataFrame
) -> None:
    manifest, model = artifacts.load(models, reference)
    choice = artifacts.load_record(models, reference, manifest, "choice.json", Choice)
    assert manifest.version == reference.version
    assert manifest.data.rows == 240
    assert set(manifest.libraries) >= {"python", "scikit-learn", "joblib"}
    assert choice.n_components == model.named_steps["mixture"].n_components
    assert model.predict_proba(shoppers).shape == (240, choice.n_components)


@pytest.mark.parametrize("name", ["model.joblib", "choice.json", "manifest.json"])
def test_a_damaged_file_is_named_and_nothing_is_unpickled(
    models: Path, reference: Reference, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = artifacts.folder_of(models, reference) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    if name != "choice.json":
        unpickled = "unpickled before it was verified"
        monkeypatch.setattr(pickling, "loaded", lambda *_: pytest.fail(unpickled))
    with pytest.raises(InputError, match=rf"{name}: SHA-256 differs"):
        manifest, _ = artifacts.load(models, reference)
        artifacts.load_record(models, reference, manifest, "choice.json", Choice)


def test_a_missing_file_is_named(models: Path, reference: Reference) -> None:
    (artifacts.folder_of(models, reference) / "model.joblib").unlink()
    with pytest.raises(InputError, match=r"model.joblib: cannot be read"):
        artifacts.load(models, reference)


@pytest.mark.parametrize("field", ["segmentation", "version"])
def test_a_reference_cannot_leave_the_models_folder(reference: Reference, field: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        Reference.model_validate({**reference.model_dump(), field: "../../elsewhere"})


def test_a_crash_while_publishing_leaves_no_version(
    shoppers: pd.DataFrame,
    segmentation: Segmentation,
    models: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(artifacts, "_write", full)
    with pytest.raises(OSError, match="No space"):
        train(shoppers, segmentation, models, "shoppers")
    assert not models.exists()


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "free some room"), (errno.EROFS, "mount it"), (errno.EACCES, "its owner")],
)
def test_what_the_disk_refuses_is_told_with_the_folder_and_the_remedy(
    shoppers: pd.DataFrame,
    segmentation: Segmentation,
    models: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    remedy: str,
) -> None:
    def refused(path: Path, content: bytes) -> None:
        raise OSError(number, os.strerror(number))

    earlier = train(shoppers, segmentation, models, "shoppers")
    monkeypatch.setattr(artifacts, "_write", refused)
    with pytest.raises(InputError, match=remedy) as caught:
        train(shoppers, segmentation, models, "shoppers")
    assert str(caught.value).startswith(f"{models / 'shoppers'}: cannot be written")
    assert [path.name for path in (models / "shoppers").iterdir()] == [earlier.version]
    with pytest.raises(InputError, match=remedy):
        artifacts.add(models / "page.html", b"")
    assert [path.name for path in models.iterdir()] == ["shoppers"]


def test_an_error_of_a_network_stays_one_that_may_be_tried_again(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(path: Path, content: bytes) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(artifacts, "_write", stale)
    with pytest.raises(OSError, match=os.strerror(errno.ESTALE)):
        artifacts.add(models / "page.html", b"")


@pytest.mark.parametrize("version", ["", ".", "..", "champions", "a\0b", "2026*", "x" * 300])
def test_what_is_no_name_of_a_version_is_not_looked_for(models: Path, version: str) -> None:
    with pytest.raises(InputError, match="no such version of 'shoppers'; there are: none"):
        artifacts.find(models, "shoppers", version)


def test_the_same_model_in_the_same_second_gets_a_version_of_its_own(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path
) -> None:
    references = [train(shoppers, segmentation, models, "shoppers") for _ in range(3)]
    assert len({reference.version for reference in references}) == 3
    digests = {
        artifacts.load(models, reference)[0].files["model.joblib"] for reference in references
    }
    assert len(digests) == 1


def test_names_of_segments_are_no_part_of_the_model(
    shoppers: pd.DataFrame, segmentation: Segmentation, models: Path, reference: Reference
) -> None:
    named = segmentation.model_copy(update={"segment_names": {1: "Few", 2: "Many", 9: "Nobody"}})
    other = train(shoppers, named, models, "shoppers")
    contents = [
        (artifacts.folder_of(models, version) / "model.joblib").read_bytes()
        for version in (reference, other)
    ]
    assert contents[0] == contents[1]
    assert artifacts.load(models, other)[0].settings.segment_names == named.segment_names


def test_a_file_that_cannot_be_added_leaves_the_old_one_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    artifacts.add(path, b"old")

    def full(draft: Path, content: bytes) -> None:
        draft.write_bytes(content[:1])
        raise OSError("No space left on device")

    monkeypatch.setattr(artifacts, "_write", full)
    with pytest.raises(OSError, match="No space"):
        artifacts.add(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_bytes_do_not_depend_on_what_the_process_has_imported(
    models: Path, reference: Reference, tmp_path: Path
) -> None:
    # Airflow imports dill, which changes how every pickle in the process is written.
    pytest.importorskip("dill")
    path = artifacts.folder_of(models, reference) / "model.joblib"
    code = (
        "import dill, joblib, sys; from pathlib import Path; "
        "from include.gmm.versions import pickling; "
        "Path(sys.argv[2]).write_bytes(pickling.dumped(joblib.load(sys.argv[1])))"
    )
    again = tmp_path / "again.joblib"
    root = Path(artifacts.__file__).parents[3]
    subprocess.run([sys.executable, "-c", code, path, again], check=True, cwd=root)
    assert again.read_bytes() == path.read_bytes()


ONLY_SCIKIT_LEARN = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"include", "airflow", "cosmos", "dill", "duckdb", "pydantic"}:
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
import joblib, pandas
model = joblib.load(sys.argv[1])
rows = pandas.DataFrame({"euros": [20.5, 400.0], "visits": [2, 31], "unused": ["a", "b"]})
print(model.predict_proba(rows).sum(axis=1).round(12).tolist())
"""


def test_the_model_loads_without_anything_of_ours(
    models: Path, reference: Reference, tmp_path: Path
) -> None:
    path = artifacts.folder_of(models, reference) / "model.joblib"
    done = subprocess.run(
        [sys.executable, "-I", "-c", ONLY_SCIKIT_LEARN, path],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout.strip() == "[1.0, 1.0]", done.stderr


def test_versions_are_found_by_name_and_listed_oldest_first(
    models: Path, shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    references = [train(shoppers, segmentation, models, "x") for _ in range(2)]
    assert artifacts.versions(models, "shoppers") == [each.version for each in references]
    assert artifacts.find(models, "shoppers", references[0].version) == references[0]


def test_a_version_that_is_not_there_is_refused_with_those_that_are(
    models: Path, reference: Reference
) -> None:
    with pytest.raises(InputError, match=f"there are: {reference.version}"):
        artifacts.find(models, "shoppers", "20200101T000000Z-00000000")


def test_a_version_stands_for_the_moment_it_is_told(
    models: Path, shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    reference = train(shoppers, segmentation, models, "x", as_of=moment)
    assert artifacts.load_manifest(models, reference).as_of == "2026-03-01T12:00:00+00:00"
