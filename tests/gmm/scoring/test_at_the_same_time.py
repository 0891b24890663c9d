"""Scorings of one view at the same time, and a server that restarts in the midst of one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.model import Applied, Model
from include.gmm.scoring.publishing import publish
from include.gmm.scoring.ranges import score_range
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions.records import Reference
from include.gmm.warehouse import Connection, Warehouse, warehouse_of
from tests.gmm.scoring.champions import plan_scoring, score
from tests.gmm.scoring.reading import frame, run, tables
from tests.gmm.warehouse.servers import PostgresServer

VIEW = "shoppers_segments"
on_a_server = pytest.mark.parametrize("warehouse_profile", ["postgres"], indirect=True)


@on_a_server
def test_all_ranges_and_each_of_them_twice_at_once_are_each_row_once(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    plan = plan_scoring(store, scored, reference, ids, warehouse)
    with ThreadPoolExecutor(6) as workers:
        done = list(
            workers.map(lambda number: score_range(store, plan, number, warehouse), [0, 1, 2] * 2)
        )
    assert done == [1000, 1000, 500] * 2
    assert publish(store, plan, warehouse) == 2500
    assert frame(warehouse, VIEW)["shopper"].is_unique


@on_a_server
def test_of_two_scorings_at_once_one_is_shown_whole(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    score(store, reference, ids, scored, warehouse)
    expected = frame(warehouse, VIEW).drop(columns="scored_at")
    one, other = threading.Barrier(2), threading.Barrier(2)

    def scoring(features: int) -> str:
        one.wait(60)
        if features:  # other features are another plan, and take the place of the first one
            run(warehouse, "UPDATE shopper_features SET age = age + 1")
        try:
            score(store, reference, ids, scored, warehouse)
        except InputError as error:
            return str(error)
        finally:
            other.wait(60)
        return ""

    with ThreadPoolExecutor(2) as workers:
        told = list(workers.map(scoring, [0, 1]))
    assert "" in told
    assert all(not each or "no longer open" in each or "not" in each for each in told)
    pd.testing.assert_frame_equal(frame(warehouse, VIEW).drop(columns="scored_at"), expected)
    assert tables(warehouse) == [f"{VIEW}@{reference.version}"]


def test_a_server_that_restarts_while_a_range_is_written_loses_nothing(
    own_server: PostgresServer,
    store: Store,
    scored: Segmentation,
    reference: Reference,
    ids: list[int],
    shoppers: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    profile: dict[str, Any] = own_server.database()
    warehouse = warehouse_of(profile)
    rows = pa.Table.from_pandas(shoppers.astype({"visits": "int32"}), preserve_index=False)

    def filled(connection: Connection) -> None:
        kinds = {"shopper": "VARCHAR", "visits": "INTEGER", "euros": "DOUBLE", "age": "DOUBLE"}
        connection.create("main", "shopper_features", kinds)
        connection.append("main", "shopper_features", rows.to_reader())

    warehouse.run(filled)
    of, calls = Model.of, []

    def interrupting(model: Model, values: Array) -> Applied:
        calls.append(len(values))
        if len(calls) == 1:
            own_server.stop()
            threading.Timer(3, own_server.start).start()
        return of(model, values)

    monkeypatch.setattr(Model, "of", interrupting)
    score(store, reference, ids, scored, warehouse)
    assert len(calls) > 1
    assert len(frame(warehouse, VIEW)) == len(shoppers)
