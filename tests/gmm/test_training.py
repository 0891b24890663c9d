"""Training: reproducible, and refused with nothing published."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.monitoring.profile import Profile, profile_of
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions import artifacts
from include.gmm.versions.records import Reference
from tests.gmm.snapshots import rows_of, train


def model_bytes(store: Store, reference: Reference) -> bytes:
    return store.read(artifacts.file_of(reference, "model.joblib"))


def test_shuffled_rows_give_the_same_bytes(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    first = train(shoppers, segmentation, store, "x")
    second = train(shoppers.sample(frac=1, random_state=1), segmentation, store, "x")
    assert model_bytes(store, first) == model_bytes(store, second)


def test_the_two_groups_are_found_as_they_were_made(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    _, model = artifacts.load(store, train(shoppers, segmentation, store, "x"))
    assert model.named_steps["mixture"].n_components == 2
    often = np.arange(240) % 3 == 0
    assert (model.predict(shoppers) == often).all()


def test_held_out_rows_are_not_fitted(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    manifest, _ = artifacts.load(store, train(shoppers, segmentation, store, "x"))
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
    folder: Path,
    store: Store,
    spoil: Callable[[pd.DataFrame], pd.DataFrame],
    told: str,
) -> None:
    with pytest.raises(InputError, match=told):
        train(spoil(shoppers), segmentation, store, "x")
    assert not folder.exists()


def test_the_profile_of_all_rows_is_published_with_the_model(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    reference = train(shoppers, segmentation, store, "x")
    manifest, model = artifacts.load(store, reference)
    profile = artifacts.load_record(store, reference, manifest, "profile.json", Profile)
    assert profile == profile_of(rows_of(shoppers, segmentation.features), model)
    assert profile.rows == 240
