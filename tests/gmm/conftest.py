"""A small feature table and its segmentation, for tests that need no warehouse."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.gmm import settings
from include.gmm.settings import Segmentation
from include.gmm.store import Store, store_at
from tests.gmm.store.servers import (  # noqa: F401
    azure_address,
    azure_server,
    gcs_address,
    gcs_server,
    open_store,
    rounds,
    s3_address,
    s3_connection_address,
    s3_server,
)
from tests.gmm.warehouse.servers import (  # noqa: F401
    empty_warehouse,
    own_server,
    postgres_server,
    warehouse_profile,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """That of the store."""
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> Store:
    return store_at(folder)


@pytest.fixture
def shoppers() -> pd.DataFrame:
    """240 rows in two groups; `visits` counts, `euros` has cents, `age` only describes."""
    rng = np.random.default_rng(11)
    often = np.arange(240) % 3 == 0
    return pd.DataFrame(
        {
            "shopper": [f"s{number:03d}" for number in range(240)],
            "visits": np.where(often, rng.poisson(30, 240), rng.poisson(3, 240)),
            "euros": np.where(often, rng.lognormal(6, 0.3, 240), rng.lognormal(3, 0.5, 240)).round(
                2
            ),
            "age": np.where(rng.random(240) < 0.1, np.nan, rng.integers(18, 80, 240)),
        }
    )


@pytest.fixture
def segmentation() -> Segmentation:
    return settings.validate(
        {
            "name": "shoppers",
            "title": "Shoppers",
            "source": {"table": "raw.shoppers", "columns": {"shopper": "VARCHAR"}},
            "features": {
                "model": "shopper_features",
                "key": "shopper",
                "columns": {"visits": {}, "euros": {"unit": "euros"}},
                "profile": {"age": {"unit": "years"}},
            },
            "mixture": {"n_components": {"max": 3}, "covariance_types": ["full", "diag"]},
        },
        "test",
    )


@pytest.fixture
def drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes seconds; what is drawn has tests of its own."""
    monkeypatch.setattr("include.gmm.page.export.report", lambda summary: f"of {summary.title}")


@pytest.fixture
def file(tmp_path: Path, shoppers: pd.DataFrame) -> Path:
    path = tmp_path / "my shoppers.csv"
    shoppers.to_csv(path, index=False)
    return path
