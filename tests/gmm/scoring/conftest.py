"""A warehouse with 2,500 shoppers, in three ranges, and a version that was trained on others."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.gmm import warehouse
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions import artifacts
from include.gmm.versions.records import Reference
from tests.gmm.snapshots import train

TYPES = "shopper VARCHAR, visits INTEGER, euros DECIMAL(10, 2), age DOUBLE"


@pytest.fixture
def scored(segmentation: Segmentation) -> Segmentation:
    """The settings of the shoppers, with ranges of 1,000 rows."""
    scoring = segmentation.scoring.model_copy(update={"rows_per_task": 1000})
    return segmentation.model_copy(update={"scoring": scoring})


@pytest.fixture
def reference(shoppers: pd.DataFrame, scored: Segmentation, store: Store) -> Reference:
    return train(shoppers, scored, store, "shoppers")


@pytest.fixture
def ids(store: Store, reference: Reference) -> list[int]:
    """Segment ids as retrains leave them: neither from 1 on nor in order."""
    _, model = artifacts.load(store, reference)
    return [7, 2, 5][: model.named_steps["mixture"].n_components]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    often = rng.random(2500) < 0.3
    rows = pd.DataFrame(
        {
            "shopper": [f"s{number}" for number in rng.permutation(2500)],
            "visits": np.where(often, rng.poisson(30, 2500), rng.poisson(3, 2500)),
            "euros": np.where(often, rng.lognormal(6, 0.3, 2500), rng.lognormal(3, 0.5, 2500)),
            "age": rng.integers(18, 80, 2500),
        }
    )
    path = tmp_path / "warehouse.duckdb"
    with warehouse.connected(path) as connection:
        connection.execute(f"CREATE TABLE shopper_features ({TYPES})")
        connection.register("rows", rows)
        connection.execute("INSERT INTO shopper_features FROM rows")
    return path
