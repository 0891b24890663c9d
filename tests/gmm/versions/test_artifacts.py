"""Versions: complete or absent, and verified before anything is unpickled."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.store.local import LocalStore
from include.gmm.summary import Choice
from include.gmm.versions import artifacts, pickling
from include.gmm.versions.records import Reference
from tests.gmm.snapshots import train


def test_a_version_comes_back_as_it_was_published(
    store: Store, reference: Reference, shoppers: pd.DataFrame
) -> None:
    manifest, model = artifacts.load(store, reference)
    choice = artifacts.load_record(store, reference, manifest, "choice.json", Choice)
    assert manifest.version == reference.version
    assert manifest.data.rows == 240
    assert set(manifest.libraries) >= {"python", "scikit-learn", "joblib"}
    assert choice.n_components == model.named_steps["mixture"].n_components
    assert model.predict_proba(shoppers).shape == (240, choice.n_components)


@pytest.mark.parametrize("name", ["model.joblib", "choice.json", "manifest.json"])
def test_a_damaged_file_is_named_and_nothing_is_unpickled(
    store: Store, reference: Reference, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = artifacts.file_of(reference, name)
    content = bytearray(store.read(path))
    content[len(content) // 2] ^= 1
    store.replace(path, bytes(content))
    if name != "choice.json":
        unpickled = "unpickled before it was verified"
        monkeypatch.setattr(pickling, "loaded", lambda *_: pytest.fail(unpickled))
    with pytest.raises(InputError, match=rf"{name}: SHA-256 differs"):
        manifest, _ = artifacts.load(store, reference)
        artifacts.load_record(store, reference, manifest, "choice.json", Choice)


def test_a_missing_file_is_named(store: Store, reference: Reference) -> None:
    store.delete(artifacts.file_of(reference, "model.joblib"))
    with pytest.raises(InputError, match=r"model.joblib: there is no such file.*GMM_STORE"):
        artifacts.load(store, reference)


@pytest.mark.parametrize("field", ["segmentation", "version"])
def test_a_reference_cannot_leave_the_models_folder(reference: Reference, field: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        Reference.model_validate({**reference.model_dump(), field: "../../elsewhere"})


class FullAfter(LocalStore):
    """A store with room for so many objects."""

    def __init__(self, root: Path, room: int) -> None:
        super().__init__(root)
        self.room = room

    def put(self, name: str, content: bytes) -> None:
        self.room -= 1
        if self.room < 0:
            raise InputError(f"{name}: cannot be written")
        super().put(name, content)


@pytest.mark.parametrize("room", range(4))
def test_where_there_is_no_room_for_a_version_nothing_of_it_is_left(
    shoppers: pd.DataFrame, segmentation: Segmentation, folder: Path, room: int
) -> None:
    store = FullAfter(folder, room)
    with pytest.raises(InputError, match="cannot be written"):
        train(shoppers, segmentation, store, "shoppers")
    assert store.list("shoppers") == []


def test_a_version_is_there_with_its_manifest_which_is_put_last(
    store: Store, reference: Reference
) -> None:
    """An object store has no folders that could be renamed."""
    name = artifacts.file_of(reference, artifacts.MANIFEST)
    content = store.read(name)
    store.delete(name)
    assert artifacts.versions(store, "shoppers") == []
    store.put(name, content)
    assert artifacts.versions(store, "shoppers") == [reference.version]


def test_a_manifest_of_another_version_is_refused(
    store: Store, shoppers: pd.DataFrame, segmentation: Segmentation, reference: Reference
) -> None:
    other = train(shoppers, segmentation, store, "shoppers")
    name = artifacts.file_of(reference, artifacts.MANIFEST)
    store.replace(name, store.read(artifacts.file_of(other, artifacts.MANIFEST)))
    with pytest.raises(InputError, match=rf"manifest.json: is that of {other.version}"):
        artifacts.load(store, artifacts.find(store, "shoppers", reference.version))


def test_a_moment_to_come_is_taken_for_now(
    store: Store, shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    """By a clock that is wrong: no later version would ever be newer."""
    moment = datetime(2999, 1, 1, tzinfo=UTC)
    reference = train(shoppers, segmentation, store, "x", as_of=moment)
    manifest = artifacts.load_manifest(store, reference)
    assert manifest.as_of[:19] == manifest.created_at[:19]


@pytest.mark.parametrize("version", ["", ".", "..", "champions", "a\0b", "2026*", "x" * 300])
def test_what_is_no_name_of_a_version_is_not_looked_for(store: Store, version: str) -> None:
    with pytest.raises(InputError, match="no such version of 'shoppers'; there are: none"):
        artifacts.find(store, "shoppers", version)


def test_the_same_model_in_the_same_second_gets_a_version_of_its_own(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    references = [train(shoppers, segmentation, store, "shoppers") for _ in range(3)]
    assert len({reference.version for reference in references}) == 3
    digests = {
        artifacts.load(store, reference)[0].files["model.joblib"] for reference in references
    }
    assert len(digests) == 1


def test_names_of_segments_are_no_part_of_the_model(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store, reference: Reference
) -> None:
    named = segmentation.model_copy(update={"segment_names": {1: "Few", 2: "Many", 9: "Nobody"}})
    other = train(shoppers, named, store, "shoppers")
    contents = [
        store.read(artifacts.file_of(version, "model.joblib")) for version in (reference, other)
    ]
    assert contents[0] == contents[1]
    assert artifacts.load(store, other)[0].settings.segment_names == named.segment_names


def test_the_bytes_do_not_depend_on_what_the_process_has_imported(
    store: Store, reference: Reference, tmp_path: Path
) -> None:
    # Airflow imports dill, which changes how every pickle in the process is written.
    pytest.importorskip("dill")
    path = Path(store.address(artifacts.file_of(reference, "model.joblib")))
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
    store: Store, reference: Reference, tmp_path: Path
) -> None:
    path = Path(store.address(artifacts.file_of(reference, "model.joblib")))
    done = subprocess.run(
        [sys.executable, "-I", "-c", ONLY_SCIKIT_LEARN, path],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout.strip() == "[1.0, 1.0]", done.stderr


def test_versions_are_found_by_name_and_listed_oldest_first(
    store: Store, shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    references = [train(shoppers, segmentation, store, "x") for _ in range(2)]
    assert artifacts.versions(store, "shoppers") == [each.version for each in references]
    assert artifacts.find(store, "shoppers", references[0].version) == references[0]


def test_a_version_that_is_not_there_is_refused_with_those_that_are(
    store: Store, reference: Reference
) -> None:
    with pytest.raises(InputError, match=f"there are: {reference.version}"):
        artifacts.find(store, "shoppers", "20200101T000000Z-00000000")


def test_a_version_stands_for_the_moment_it_is_told(
    store: Store, shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    reference = train(shoppers, segmentation, store, "x", as_of=moment)
    assert artifacts.load_manifest(store, reference).as_of == "2026-03-01T12:00:00+00:00"
