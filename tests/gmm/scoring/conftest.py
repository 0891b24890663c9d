"""A warehouse with 2,500 shoppers, in three ranges, and a version that was trained on others."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions import artifacts
from include.gmm.versions.records import Reference
from include.gmm.warehouse import Connection, Warehouse
from tests.gmm.scoring.reading import run
from tests.gmm.snapshots import train

TYPES = {"shopper": "VARCHAR", "visits": "INTEGER", "euros": "DECIMAL(10,2)", "age": "DOUBLE"}


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
def warehouse(empty_warehouse: Warehouse) -> Warehouse:
    rng = np.random.default_rng(5)
    often = rng.random(2500) < 0.3
    rows = pa.table(
        {
            "shopper": [f"s{number}" for number in rng.permutation(2500)],
            "visits": np.where(often, rng.poisson(30, 2500), rng.poisson(3, 2500)).astype(np.int32),
            "euros": np.where(often, rng.lognormal(6, 0.3, 2500), rng.lognormal(3, 0.5, 2500)),
            "age": rng.integers(18, 80, 2500).astype(float),
        }
    )
    schema = empty_warehouse.schema

    def filled(connection: Connection) -> None:
        connection.create(schema, "shopper_features", {**TYPES, "euros": "DOUBLE"})
        connection.append(schema, "shopper_features", rows.to_reader())

    empty_warehouse.run(filled)
    run(
        empty_warehouse,
        "ALTER TABLE shopper_features ALTER euros TYPE decimal(10, 2) "
        "USING round(euros::decimal(18, 6), 2)::decimal(10, 2)",
    )
    return empty_warehouse
