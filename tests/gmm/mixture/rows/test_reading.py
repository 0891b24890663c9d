"""Data give the same rows in every form; what cannot be read is refused by name."""

import re
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows import reading
from include.gmm.mixture.rows.reading import as_source, checked
from include.gmm.mixture.rows.source import CHUNK_ROWS
from tests.gmm.mixture.tables import FORMS, blobs, in_form, names, table_of


def read(data: Any) -> Array:
    """All rows, by way of what `checked` makes of the data."""
    rows, column_names = checked(data)
    return np.vstack([chunk.rows for chunk in as_source(rows, names=column_names).chunks()])


def refusal(data: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(data)
    return str(caught.value)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_rows_chunk_by_chunk(form: str, tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(2 * CHUNK_ROWS + 100, 3))
    data, column_names = checked(in_form(form, rows, tmp_path))

    source = as_source(data, names=column_names)

    assert source.names == (None if form == "array" else names(rows))
    for _ in range(2):
        chunks = list(source.chunks())
        assert [len(chunk.rows) for chunk in chunks] == [CHUNK_ROWS, CHUNK_ROWS, 100]
        np.testing.assert_array_equal(np.vstack([chunk.rows for chunk in chunks]), rows)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_the_size_of_batches_does_not_matter(
    form: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH_ROWS", size)
    rows = blobs()
    np.testing.assert_array_equal(read(in_form(form, rows, tmp_path)), rows)


def test_files_of_a_folder_may_have_their_columns_in_any_order(tmp_path: Path) -> None:
    table = table_of(blobs())
    pyarrow.parquet.write_table(table, tmp_path / "0.parquet")
    pyarrow.parquet.write_table(table.select(["x1", "x0"]), tmp_path / "1.parquet")
    np.testing.assert_array_equal(read(tmp_path), np.vstack([blobs(), blobs()]))


def test_columns_that_the_names_of_folders_hold_are_read_from_a_dataset(tmp_path: Path) -> None:
    for year in (2024, 2025):
        (tmp_path / f"year={year}").mkdir()
        pyarrow.parquet.write_table(table_of(blobs()), tmp_path / f"year={year}" / "0.parquet")
    dataset = pyarrow.dataset.dataset(tmp_path, partitioning="hive")
    years = np.repeat([2024.0, 2025.0], len(blobs()))
    np.testing.assert_array_equal(
        read(dataset), np.column_stack([np.vstack([blobs(), blobs()]), years])
    )


def test_a_file_of_a_folder_that_lacks_a_column_is_refused(tmp_path: Path) -> None:
    table = table_of(blobs())
    pyarrow.parquet.write_table(table, tmp_path / "0.parquet")
    pyarrow.parquet.write_table(table.select(["x0"]), tmp_path / "1.parquet")
    assert "'x1'" in refusal(tmp_path)


def test_a_file_of_a_folder_with_text_is_refused_by_the_name_of_the_column(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(table_of(blobs()), tmp_path / "0.parquet")
    text = pa.table({"x0": ["1", "2"], "x1": ["a", "b"]})
    pyarrow.parquet.write_table(text, tmp_path / "1.parquet")
    assert re.search("x0|x1", refusal(tmp_path))


def test_what_is_not_parquet_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_text("a,b\n1,2\n")
    assert refusal(path).startswith(f"{path}: not Parquet")
    assert refusal(str(path)).startswith(f"{path}: not Parquet")


def test_what_is_not_parquet_within_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(table_of(blobs()), tmp_path / "0.parquet")
    (tmp_path / "1.parquet").write_text("a,b\n1,2\n" * 10)
    assert "1.parquet" in refusal(tmp_path)


def test_a_path_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.parquet") == f"{tmp_path}/none.parquet: no such file or folder"


@pytest.mark.parametrize(
    "once", [table_of(blobs()).to_reader(), (row for row in blobs()), iter(blobs().tolist())]
)
def test_what_can_be_read_only_once_is_refused(once: Any) -> None:
    message = refusal(once)
    assert type(once).__name__ in message
    assert "only once" in message


WRONG = {
    "text": (["a", "b"], pa.string()),
    "dates": (pd.to_datetime(["2024-01-01", "2024-01-02"]), pa.date32()),
    "times": (pd.to_datetime(["2024-01-01", "2024-01-02"]), pa.timestamp("us")),
    "lists": ([[1.0], [2.0]], pa.list_(pa.float64())),
    "null": ([1, None], pa.int64()),
    "NaN": ([1.0, np.nan], pa.float64()),
    "infinity": ([1.0, np.inf], pa.float32()),
    "nothing": ([None, None], pa.null()),
}


def with_wrong(kind: str) -> pa.Table:
    values, of_type = WRONG[kind]
    return pa.table({"good": [1.0, 2.0], "bad": pa.array(values, of_type, from_pandas=False)})


@pytest.mark.parametrize("kind", WRONG)
def test_a_column_of_a_table_that_is_not_of_numbers_is_refused_by_name(kind: str) -> None:
    assert re.match("Table: column 'bad'", refusal(with_wrong(kind)))


@pytest.mark.parametrize("kind", WRONG)
def test_a_column_of_a_file_that_is_not_of_numbers_is_refused_by_name(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "rows.parquet"
    pyarrow.parquet.write_table(with_wrong(kind), path)
    assert refusal(path).startswith(f"{path}: column 'bad'")


@pytest.mark.parametrize("kind", WRONG)
def test_a_column_of_a_relation_that_is_not_of_numbers_is_refused_by_name(kind: str) -> None:
    relation = duckdb.connect().from_arrow(with_wrong(kind))
    assert "column 'bad'" in refusal(relation)


@pytest.mark.parametrize("kind", WRONG)
def test_a_column_of_a_frame_that_is_not_of_numbers_is_refused_by_name(kind: str) -> None:
    frame = with_wrong(kind).to_pandas()
    assert "column 'bad'" in refusal(frame)


def test_a_frame_of_dates_alone_is_refused() -> None:
    assert "'day'" in refusal(pd.DataFrame({"day": pd.date_range("2024-01-01", periods=9)}))


def test_a_missing_value_of_pandas_is_refused_by_the_name_of_its_column() -> None:
    visits = pd.array([1, pd.NA, 3], dtype="Int64")
    frame = pd.DataFrame({"euros": [1.0, 2.0, 3.0], "visits": visits})
    assert "'visits'" in refusal(frame)


def test_columns_of_an_array_are_named_by_their_number() -> None:
    rows = blobs()
    rows[5, 1] = np.nan
    assert refusal(rows) == "column number 2: a value is missing, NaN or infinite"


@pytest.mark.parametrize(
    "rows",
    [np.array([["1", "2"], ["3", "5"]]), np.array([[1 + 2j, 2.0], [3.0, 5.0]])],
    ids=["text", "complex"],
)
@pytest.mark.filterwarnings("ignore:Casting complex")
def test_an_array_that_is_not_of_real_numbers_is_refused(rows: Any) -> None:
    assert "numbers" in refusal(rows)


@pytest.mark.parametrize("shape", [(0, 2), (5, 0), (5,), (2, 2, 2)])
def test_what_has_no_rows_or_no_columns_is_refused(shape: tuple[int, ...]) -> None:
    assert str(shape) in refusal(np.ones(shape))


def test_columns_of_a_stream_may_hold_the_widths_of_cells(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(2 * CHUNK_ROWS + 100, 2))
    widths = np.abs(rows)
    path = tmp_path / "rows.parquet"
    columns = {"wa": widths[:, 0], "a": rows[:, 0], "b": rows[:, 1], "wb": widths[:, 1]}
    pa.parquet.write_table(pa.table(columns), path)

    source = as_source(path, ["wa", "wb"])
    chunks = list(source.chunks())
    np.testing.assert_array_equal(np.vstack([chunk.rows for chunk in chunks]), rows)
    cells = np.vstack([chunk.cells for chunk in chunks if chunk.cells is not None])
    np.testing.assert_array_equal(cells, widths**2 / 12)
    assert source.names == ["a", "b"]


@pytest.mark.parametrize("given", [["wa"], ["wa", "nowhere"]])
def test_columns_of_widths_that_do_not_fit_are_refused(given: list[str], tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pa.parquet.write_table(pa.table({name: [1.0] for name in ("a", "b", "wa", "wb")}), path)
    with pytest.raises(InputError, match="as many columns as the others"):
        as_source(path, given)
