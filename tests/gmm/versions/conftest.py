"""A version of the shoppers, in a folder of its own."""

from pathlib import Path

import pandas as pd
import pytest

from include.gmm.settings import Segmentation
from include.gmm.training import train
from include.gmm.versions import artifacts
from include.gmm.versions.artifacts import Manifest, Reference


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def reference(shoppers: pd.DataFrame, segmentation: Segmentation, models: Path) -> Reference:
    return train(shoppers, segmentation, models, "shoppers")


@pytest.fixture
def manifest(models: Path, reference: Reference) -> Manifest:
    return artifacts.load_manifest(models, reference)
