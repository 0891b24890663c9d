"""A version of the shoppers, in a folder of its own."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from include.gmm.settings import Segmentation
from include.gmm.store import Store, store_at
from include.gmm.versions import artifacts
from include.gmm.versions.records import Manifest, Reference
from tests.gmm.snapshots import train


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that wants the version trains it, for all of them."""
    return tmp_path_factory.mktemp("trained_once")


@pytest.fixture
def reference(
    shoppers: pd.DataFrame, segmentation: Segmentation, folder: Path, trained_once: Path
) -> Reference:
    """The version, in a copy that the test may spoil."""
    told = trained_once / "reference.json"
    if not told.exists():
        trained = train(shoppers, segmentation, store_at(trained_once / "store"), "shoppers")
        told.write_text(trained.model_dump_json())
    shutil.copytree(trained_once / "store", folder)
    return Reference.model_validate_json(told.read_text())


@pytest.fixture
def manifest(store: Store, reference: Reference) -> Manifest:
    return artifacts.load_manifest(store, reference)
