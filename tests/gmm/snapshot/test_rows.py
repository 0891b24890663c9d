"""The rows of a snapshot: the same file for the same rows, read whole or in part."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.settings import Feature, Features, Segmentation
from include.gmm.snapshot import rows as rows_module
from include.gmm.snapshot.rows import Rows
from tests.gmm.snapshots import rows_of

FEATURES = Features(model="m", key="id", columns={"a": Feature(), "b": Feature()}, missing="drop")


@pytest.fixture
def numbered(monkeypatch: pytest.MonkeyPatch) -> Rows:
    """1,000 rows in groups of 64, of which every tenth lacks a value."""
    monkeypatch.setattr(rows_module, "GROUP_ROWS", 64)
    monkeypatch.setattr(rows_module, "BATCH_ROWS", 10)
    a = np.arange(1000.0)
    frame = pd.DataFrame({"id": range(1000), "a": a, "b": np.where(a % 10 == 3, np.nan, -a)})
    return rows_of(frame, FEATURES)


def test_the_order_of_rows_does_not_matter(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    one = rows_of(shoppers, segmentation.features)
    other = rows_of(shoppers.sample(frac=1, random_state=0), segmentation.features)
    assert one.sha256 == other.sha256


@pytest.mark.parametrize("column", ["visits", "age", "shopper"])
def test_any_changed_value_changes_the_digest(
    shoppers: pd.DataFrame, segmentation: Segmentation, column: str
) -> None:
    before = rows_of(shoppers, segmentation.features).sha256
    shoppers.loc[7, column] = "other" if column == "shopper" else 99
    assert rows_of(shoppers, segmentation.features).sha256 != before


def test_rows_with_gaps_are_in_a_range_but_not_in_the_batches(numbered: Rows) -> None:
    found = np.concatenate([batch.values[:, 0] for batch in numbered.batches()])
    assert found.tolist() == [number for number in range(1000) if number % 10 != 3]
    assert len(numbered) == 900
    every = np.concatenate([batch.values[:, 0] for batch in numbered.range(0, 1000)])
    assert every.tolist() == list(range(1000))


@pytest.mark.parametrize(("first", "rows"), [(0, 1), (63, 2), (64, 64), (130, 500), (990, 10)])
def test_a_range_has_the_rows_from_its_first_on(numbered: Rows, first: int, rows: int) -> None:
    found = [key.as_py() for batch in numbered.range(first, rows) for key in batch.keys]
    assert found == list(range(first, first + rows))


def test_columns_come_in_the_order_that_is_asked_for(numbered: Rows) -> None:
    batch = next(numbered.batches(["b", "a"]))
    np.testing.assert_array_equal(batch.values[:, 0], -batch.values[:, 1])
    whole = next(numbered.batches())
    np.testing.assert_array_equal(whole.columns(numbered, ["b", "a"]), batch.values)


def test_the_ends_of_each_column_are_those_of_complete_rows(numbered: Rows) -> None:
    least, greatest = numbered.extent()
    assert (least.tolist(), greatest.tolist()) == ([0.0, -999.0], [999.0, 0.0])


def test_a_key_stays_held_out_when_others_come() -> None:
    frame = pd.DataFrame({"id": range(10_000), "a": 1.0, "b": 2.0})
    held_out = {}
    for rows in (1000, 10_000):
        taken = rows_of(frame[:rows], FEATURES)
        held_out[rows] = np.concatenate(
            [taken.held_out(batch.hashes, 0.2) for batch in taken.batches()]
        )
    np.testing.assert_array_equal(held_out[1000], held_out[10_000][:1000])
    assert held_out[10_000].mean() == pytest.approx(0.2, abs=0.02)


def test_even_a_tiny_table_has_a_row_to_be_tested_on() -> None:
    rows = rows_of(pd.DataFrame({"id": ["a", "b"], "a": 1.0, "b": [3.0, np.nan]}), FEATURES)
    (batch,) = rows.batches()
    assert rows.held_out(batch.hashes, 0.01).tolist() == [True]


@pytest.mark.parametrize("names", [("hash", "b"), ("a", "hash_"), ("hash", "hash_")])
def test_columns_may_be_called_as_that_of_the_hashes(names: tuple[str, str]) -> None:
    columns = {name: Feature() for name in names}
    frame = pd.DataFrame({"id": [1, 2], names[0]: [1.0, 2.0], names[1]: [3.0, 4.0]})
    (batch,) = rows_of(frame, FEATURES.model_copy(update={"columns": columns})).batches()
    np.testing.assert_array_equal(batch.values, [[1, 3], [2, 4]])


def test_another_parquet_file_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"id": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InputError, match=r"other\.parquet: is no snapshot of this release"):
        Rows.of(tmp_path / "other.parquet")
