"""A version of 5,000 shoppers, and samples of the same distribution."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from include.gmm import settings
from include.gmm.monitoring.measuring import Baseline, baseline
from include.gmm.settings import Segmentation
from include.gmm.store import Store, store_at
from include.gmm.versions import artifacts, champion
from include.gmm.versions.records import Champion
from tests.gmm.snapshots import train

ROWS = 5_000
IDS = (7, 3)  # of the components, as after some retrains


def drawn(seed: int, rows: int = ROWS) -> pd.DataFrame:
    """Shoppers in two groups; three out of ten come often."""
    rng = np.random.default_rng(seed)
    often = rng.random(rows) < 0.3
    return pd.DataFrame(
        {
            "shopper": [f"s{number:05d}" for number in range(rows)],
            "visits": np.where(often, rng.poisson(9, rows), 1 + rng.poisson(0.6, rows)),
            "euros": np.where(often, rng.lognormal(5, 0.5, rows), rng.lognormal(3, 0.5, rows)),
        }
    )


@pytest.fixture(scope="session")
def shop() -> Segmentation:
    return settings.validate(
        {
            "name": "shop",
            "title": "Shoppers",
            "source": {"table": "raw.shoppers", "columns": {"shopper": "VARCHAR"}},
            "features": {
                "model": "shopper_features",
                "key": "shopper",
                "columns": {
                    "visits": {"transform": "none", "resolution": 1},
                    "euros": {"label": "Spend", "unit": "euros", "transform": "log1p"},
                },
            },
            "mixture": {"n_components": {"min": 2, "max": 2}, "covariance_types": ["diag"]},
            "segment_names": {3: "Regulars"},
        },
        "test",
    )


@pytest.fixture(scope="session")
def store_of_shop(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return store_at(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def appointed(shop: Segmentation, store_of_shop: Store) -> Champion:
    reference = train(drawn(0), shop, store_of_shop, "shop")
    manifest = artifacts.load_manifest(store_of_shop, reference)
    return champion.appoint(store_of_shop, None, reference, manifest, IDS, "gates", "a test")


@pytest.fixture(scope="session")
def base(store_of_shop: Store, appointed: Champion) -> Baseline:
    return baseline(store_of_shop, appointed)


@pytest.fixture
def draw() -> Callable[..., pd.DataFrame]:
    return drawn
