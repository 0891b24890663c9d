"""The feature table as a snapshot: every key and value as it was, in order of the keys."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.settings import Feature, Features
from include.gmm.snapshot.rows import Rows
from include.gmm.snapshot.table import write_table
from include.gmm.warehouse import local
from include.gmm.warehouse.duckdb_file import connected
from tests.gmm.snapshots import rows_of

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

FEATURES = Features(
    model="things", key="id", columns={"a": Feature(), "b": Feature()}, profile={"c": Feature()}
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def written(path: Path, statement: str, features: Features = FEATURES) -> Rows:
    """The snapshot of the table that a statement makes."""
    with connected(path) as connection:
        connection.execute(statement)
    return write_table(features, path.with_name("features.parquet"), local(path))


def test_a_table_and_a_frame_with_the_same_rows_are_the_same_snapshot(
    path: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    keys = [f"k{number}" for number in rng.permutation(5000)]
    numbers = {"a": rng.normal(size=5000), "b": rng.poisson(3, 5000) / 1.0, "c": rng.random(5000)}
    frame = pd.DataFrame({"id": keys, **numbers})
    frame.loc[7, "c"] = np.nan
    frame.to_parquet(tmp_path / "things.parquet")
    rows = written(path, f"CREATE TABLE things AS FROM '{tmp_path}/things.parquet'")
    assert rows.sha256 == rows_of(frame, FEATURES).sha256


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("HUGEINT", "12345678901234567890123::HUGEINT"),
        ("DECIMAL(38,2)", "123456789012345678901.00::DECIMAL(38,2)"),
        ("BIGINT", "9007199254740992"),
        ("UBIGINT", "18446744073709551000::UBIGINT"),
    ],
)
def test_keys_that_differ_stay_different(path: Path, kind: str, value: str) -> None:
    rows = written(
        path,
        "CREATE TABLE things AS FROM range(3) AS r(i) "
        f"SELECT ({value} + i::TINYINT)::{kind} AS id, 1 AS a, 2 AS b, 3 AS c",
    )
    (batch,) = rows.batches()
    with connected(path) as connection:
        expected = connection.execute("SELECT id::VARCHAR FROM things ORDER BY id").fetchall()
    assert [str(key) for key in batch.keys] == [text for (text,) in expected]


@pytest.mark.parametrize("kind", ["BOOLEAN", "UTINYINT", "DECIMAL(9,3)", "FLOAT", "HUGEINT"])
def test_columns_of_every_type_of_numbers_are_read(path: Path, kind: str) -> None:
    rows = written(
        path,
        f"CREATE TABLE things AS FROM range(4) AS r(i) SELECT i AS id, (i % 2)::{kind} AS a, "
        "i AS b, NULL::INT AS c",
    )
    (batch,) = rows.batches()
    np.testing.assert_array_equal(batch.values[:, 0], [0, 1, 0, 1])
    assert np.isnan(batch.profile).all()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("SELECT 1", "the warehouse has no table main.things; build the dbt models first"),
        ("CREATE TABLE things (id INT, a INT)", "things: no column 'b', 'c'; it has 'id', 'a'"),
        ("CREATE TABLE things (id INT, a INT, b INT, c INT)", "things: there are no rows"),
        (
            "CREATE TABLE things AS SELECT [1] AS id, 1 AS a, 2 AS b, 3 AS c",
            "things: key 'id' is of type LIST",
        ),
        (
            "CREATE TABLE things AS SELECT 1 AS id, 1 AS a, DATE '2024-01-01' AS b, 3 AS c",
            "things: column 'b' is DATE, and every feature must be a number",
        ),
        (
            "CREATE TABLE things AS SELECT 1 AS id, 1 AS a, 2 AS b, 'infinity'::DOUBLE AS c",
            "things: column 'c' is infinite in some rows",
        ),
        (
            "CREATE TABLE things AS SELECT 'nan'::DOUBLE AS id, 1 AS a, 2 AS b, 3 AS c",
            "things: key 'id' is empty in 1 rows",
        ),
    ],
)
def test_a_table_that_is_no_input_is_refused_by_its_column(
    path: Path, statement: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        written(path, statement)


def test_a_warehouse_that_is_not_there_is_told_and_not_made(path: Path) -> None:
    with pytest.raises(InputError, match="does not exist yet"):
        write_table(FEATURES, path.with_name("features.parquet"), local(path))
    assert not path.exists()


@settings(deadline=None, max_examples=20)
@given(
    rows=st.lists(st.tuples(st.floats(-1e9, 1e9) | st.none(), st.integers(0, 9)), min_size=1),
    seed=st.integers(0, 9),
)
def test_gaps_are_those_of_the_frame(
    rows: list[tuple[float | None, int]], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("gaps")
    frame = pd.DataFrame(rows, columns=["a", "b"], dtype=float).assign(c=1.0)
    frame["id"] = np.random.default_rng(seed).permutation(len(frame))
    features = FEATURES.model_copy(update={"missing": "drop"})
    frame.to_parquet(folder / "things.parquet")
    statement = f"CREATE TABLE things AS FROM '{folder}/things.parquet'"
    if frame["a"].isna().all():
        with pytest.raises(InputError, match="no row has a value in every feature"):
            written(folder / "warehouse.duckdb", statement, features)
    else:
        found = written(folder / "warehouse.duckdb", statement, features)
        assert found.sha256 == rows_of(frame, features).sha256
        assert found.gaps.rows == frame["a"].isna().sum()
