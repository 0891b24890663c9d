"""Stability: well separated groups come back from resampled rows, parts of one cloud do not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from include.gmm.mixture.parameters import Array
from include.gmm.settings import Segmentation
from include.gmm.stability import share_kept
from include.gmm.store import Store
from include.gmm.versions import artifacts
from include.gmm.versions.records import Manifest
from tests.gmm.snapshots import rows_of, train

Share = Callable[..., float]


@pytest.fixture
def share(segmentation: Segmentation, store: Store) -> Share:
    """Of points (n, 2), the share that keep their segment of a mixture of that many components."""

    def kept(points: Array, components: int, seed: int = 0) -> float:
        mixture = segmentation.mixture.model_validate(
            {"n_components": {"min": components, "max": components}, "covariance_types": ["diag"]}
        )
        frame = pd.DataFrame(points, columns=["visits", "euros"])
        frame = frame.assign(shopper=np.arange(len(frame)), age=30)
        settings = segmentation.model_copy(update={"mixture": mixture})
        manifest, model = trained(frame, settings, store)
        return share_kept(model, rows_of(frame, settings.features), manifest.data.features, seed)

    return kept


def trained(frame: pd.DataFrame, settings: Segmentation, store: Store) -> tuple[Manifest, Pipeline]:
    return artifacts.load(store, train(frame, settings, store, "points"))


def cloud(rows: int) -> Array:
    return np.random.default_rng(4).normal(size=(rows, 2))


def groups(count: int, rows: int) -> Array:
    """Round groups of equal size, ten standard deviations apart."""
    points = cloud(rows)
    points[:, 0] += 10 * (np.arange(rows) % count)
    return points


def test_groups_that_lie_apart_come_back(share: Share) -> None:
    assert share(groups(3, 600), 3) > 0.995


def test_parts_of_one_round_cloud_do_not(share: Share) -> None:
    assert share(cloud(600), 3) < 0.8


def test_one_segment_keeps_every_row(share: Share) -> None:
    assert share(cloud(200), 1) == 1.0


def test_the_same_seed_gives_the_same_figure(share: Share) -> None:
    assert share(cloud(600), 3, seed=5) == share(cloud(600), 3, seed=5)


def test_another_seed_draws_other_rows(share: Share) -> None:
    assert share(cloud(600), 3, seed=5) != share(cloud(600), 3, seed=6)


def test_the_model_is_left_as_it_was(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    manifest, model = trained(shoppers, segmentation, store)
    before = model.predict_proba(shoppers)
    rows = rows_of(shoppers, segmentation.features)
    share_kept(model, rows, manifest.data.features, 0)
    assert np.array_equal(model.predict_proba(shoppers), before)
