"""Training: reproducible, and refused with nothing published."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.features import check_table
from include.gmm.monitoring.profile import Profile, profile_of
from include.gmm.settings import Segmentation
from include.gmm.training import train
from include.gmm.versions import artifacts


def model_bytes(models: Path, reference: artifacts.Reference) -> bytes:
    return (artifacts.folder_of(models, reference) / "model.joblib").read_bytes()


def test_shuffled_rows_give_the_same_bytes(
    shoppers: pd.DataFrame, segmentation: Segmentation, tmp_path: Path
) -> None:
    first = train(shoppers, segmentation, tmp_path, "x")
    second = train(shoppers.sample(frac=1, random_state=1), segmentation, tmp_path, "x")
    assert model_bytes(tmp_path, first) == model_bytes(tmp_path, second)


def test_the_two_groups_are_found_as_they_were_made(
    shoppers: pd.DataFrame, segmentation: Segmentation, tmp_path: Path
) -> None:
    _, model = artifacts.load(tmp_path, train(shoppers, segmentation, tmp_path, "x"))
    assert model.named_steps["mixture"].n_components == 2
    often = np.arange(240) % 3 == 0
    assert (model.predict(shoppers) == often).all()


def test_held_out_rows_are_not_fitted(
    shoppers: pd.DataFrame, segmentation: Segmentation, tmp_path: Path
) -> None:
    manifest, _ = artifacts.load(tmp_path, train(shoppers, segmentation, tmp_path, "x"))
    assert 0.7 * 240 < manifest.data.rows_fitted < 0.9 * 240
    assert manifest.data.rows == 240


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda frame: frame[:0], "no rows"),
        (lambda frame: frame[:3], "too few for up to 3 components"),
        (lambda frame: frame[:2], "too few for up to 3 components"),
        (lambda frame: frame.assign(visits=7, euros=7.0), "the same value in 'visits', 'euros'"),
        (lambda frame: frame.assign(euros=np.nan), "missing"),
        (lambda frame: frame.assign(shopper="one"), "not unique"),
    ],
    ids=["no rows", "few rows", "two rows", "all equal", "NaN", "duplicate keys"],
)
def test_unusable_data_is_refused_and_nothing_is_published(
    shoppers: pd.DataFrame,
    segmentation: Segmentation,
    tmp_path: Path,
    spoil: Callable[[pd.DataFrame], pd.DataFrame],
    told: str,
) -> None:
    with pytest.raises(InputError, match=told):
        train(spoil(shoppers), segmentation, tmp_path / "models", "x")
    assert not list(tmp_path.rglob("*"))


def test_the_profile_of_all_rows_is_published_with_the_model(
    shoppers: pd.DataFrame, segmentation: Segmentation, tmp_path: Path
) -> None:
    reference = train(shoppers, segmentation, tmp_path, "x")
    manifest, model = artifacts.load(tmp_path, reference)
    profile = artifacts.load_record(tmp_path, reference, manifest, "profile.json", Profile)
    assert profile == profile_of(check_table(shoppers, segmentation.features, "x"), model)
    assert profile.rows == 240
