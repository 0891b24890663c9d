"""Snapshots in the store: put once, verified, and removed when nobody needs them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from include.gmm import snapshot
from include.gmm.errors import InputError
from include.gmm.settings import Segmentation
from include.gmm.snapshot import Snapshot
from include.gmm.snapshot.rows import Rows
from include.gmm.store import Store
from include.gmm.versions import artifacts, pruning
from include.gmm.warehouse import local
from include.gmm.warehouse.duckdb_file import connected
from tests.gmm.snapshots import rows_of, train
from tests.gmm.store.servers import TESTED, OpenStore


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()


@pytest.fixture
def rows(shoppers: pd.DataFrame, segmentation: Segmentation) -> Rows:
    return rows_of(shoppers, segmentation.features)


def named(store: Store) -> list[str]:
    return [name.rpartition("/")[2] for name in store.list("shoppers/snapshots")]


def aged(store: Store, taken: Snapshot, days: float) -> str:
    """The snapshot under the name that it would have, had it been taken so many days before."""
    moment = datetime.now(UTC) - timedelta(days=days)
    name = f"{moment:%Y%m%dT%H%M%SZ}{taken.name[16:]}"
    store.put(f"shoppers/snapshots/{name}", b"of no matter")
    return name


@pytest.mark.parametrize("open_store", TESTED, indirect=True)
def test_it_reads_back_as_the_rows_that_were_put(store: Store, rows: Rows) -> None:
    taken = snapshot.put(store, "shoppers", rows)
    assert (taken.rows, taken.sha256) == (240, rows.sha256)
    assert Snapshot.model_validate_json(taken.model_dump_json()) == taken
    with snapshot.opened(store, taken) as found:
        assert found.facts == rows.facts
        assert sum(len(batch.keys) for batch in found.batches()) == 240


def test_the_same_rows_in_the_same_second_are_one_object(store: Store, rows: Rows) -> None:
    taken = {snapshot.put(store, "shoppers", rows).name for _ in range(3)}
    assert set(named(store)) == taken


@pytest.mark.parametrize("open_store", TESTED, indirect=True)
def test_what_is_not_what_was_put_is_not_read(store: Store, rows: Rows) -> None:
    taken = snapshot.put(store, "shoppers", rows)
    name = f"shoppers/snapshots/{taken.name}"
    content = bytearray(rows.path.read_bytes())
    content[len(content) // 2] ^= 1
    store.delete(name)
    store.put(name, bytes(content))
    with pytest.raises(InputError, match="SHA-256 differs"), snapshot.opened(store, taken):
        pass


@pytest.mark.parametrize("open_store", TESTED, indirect=True)
def test_what_is_gone_is_told_with_what_to_do(store: Store, rows: Rows) -> None:
    taken = snapshot.put(store, "shoppers", rows)
    snapshot.forget(store, taken)
    told = rf"{taken.name}.*Run the whole DAG again; .* share one store: .*GMM_STORE"
    with pytest.raises(InputError, match=told), snapshot.opened(store, taken):
        pass


def test_those_of_versions_and_of_runs_of_the_last_day_stay_and_others_go(
    store: Store, rows: Rows, shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    taken = snapshot.put(store, "shoppers", rows)
    of_version, in_use, left = (aged(store, taken, days) for days in (30, 0.9, 1.1))
    reference = train(shoppers, segmentation, store, snapshot=of_version)
    pruning.prune_snapshots(store, "shoppers")
    assert set(named(store)) == {taken.name, of_version, in_use}
    assert left not in named(store)
    store.delete(artifacts.file_of(reference, artifacts.MANIFEST))
    pruning.prune_snapshots(store, "shoppers")
    assert set(named(store)) == {taken.name, in_use}


def test_a_snapshot_goes_with_the_last_version_that_was_fitted_to_it(
    store: Store, rows: Rows, shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    name = aged(store, snapshot.put(store, "shoppers", rows), 2)
    first = train(shoppers, segmentation, store, snapshot=name)
    second = train(shoppers[10:], segmentation, store)
    pruning.prune(store, "shoppers", 1, second.version)
    assert first.version not in artifacts.versions(store, "shoppers")
    assert name not in named(store)


def test_nothing_is_left_beside_the_table_that_was_read(tmp_path: Path) -> None:
    from include.gmm.settings import Feature, Features

    path = tmp_path / "warehouse.duckdb"
    with connected(path) as connection:
        connection.execute("CREATE TABLE m AS SELECT i AS id, i AS a FROM range(9) AS r(i)")
    features = Features(model="m", key="id", columns={"a": Feature()})
    with snapshot.taken(features, local(path)) as rows:
        assert len(rows) == 9
    assert not rows.path.exists()
