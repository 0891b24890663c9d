"""Reading CSV and Parquet, and refusing what is neither."""

import gzip
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.gmm import inference
from include.gmm.errors import InputError
from include.gmm.files import read_file


def written(path: Path, content: str | bytes | pa.Table) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, pa.Table):
        pq.write_table(content, path)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_csv_gzip_and_parquet_of_the_same_rows_read_the_same(
    tmp_path: Path, shoppers: pd.DataFrame
) -> None:
    text = shoppers.to_csv(index=False)
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    shoppers.to_parquet(tmp_path / "a.parquet")
    plain = read_file(tmp_path / "a.csv")
    pd.testing.assert_frame_equal(plain, read_file(tmp_path / "a.csv.gz"))
    pd.testing.assert_frame_equal(
        plain[["visits", "euros"]], read_file(tmp_path / "a.parquet")[["visits", "euros"]]
    )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.csv", None, "no such file"),
        ("empty.csv", b"", "the file is empty"),
        ("blank.csv", b"\n\n", "the file is empty"),
        ("table.xlsx", b"x", "neither CSV"),
        ("excel.csv", b"PK\x03\x04x", "a ZIP or Excel file"),
        ("fake.parquet", b"this is no parquet", "magic bytes"),
        ("fake.csv.gz", b"this is no gzip", "fake.csv.gz"),
        ("cut.csv.gz", gzip.compress(b"id,a\n1,2\n", mtime=0)[:-9], "cut off"),
        ("sum.csv.gz", gzip.compress(b"id,a\n1,2\n", mtime=0)[:-8] + bytes(8), "damaged"),
        ("twice.csv", b"id,a,a\n1,2,3\n", "2 columns are called 'a'"),
        ("nameless.csv", b",a\n0,2\n", "column 1 has values and no name"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_cause(
    tmp_path: Path, name: str, content: bytes | None, told: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=name) as caught:
        read_file(path)
    assert told in str(caught.value)


ODD = ["data[1]", "*", "x?", "{a,b}", "[!x]", "~", "%20", "o'brien", '"', "s3:x", "a\\b", " x "]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("name", ODD)
def test_a_file_name_is_no_pattern(tmp_path: Path, name: str, suffix: str) -> None:
    other = pa.table({"id": [666]}) if suffix == ".parquet" else "id\n666\n"
    for decoy in ("data1", "xy", "a", "b", "x"):
        written(tmp_path / f"{decoy}{suffix}", other)
    mine = pa.table({"id": [1]}) if suffix == ".parquet" else "id\n1\n"
    assert read_file(written(tmp_path / f"{name}{suffix}", mine))["id"].tolist() == [1]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_name_of_a_folder_is_no_column(tmp_path: Path, suffix: str) -> None:
    content = "visits,n\n1,2\n" if suffix == ".csv" else pa.table({"visits": [1], "n": [2]})
    path = written(tmp_path / "visits=5" / "date=2024-01-01" / f"x{suffix}", content)
    assert read_file(path).to_dict("list") == {"visits": [1], "n": [2]}


def test_a_folder_of_parquet_files_is_one_table(tmp_path: Path) -> None:
    for number in (1, 2):
        written(tmp_path / "all" / f"day={number}" / "part.parquet", pa.table({"id": [number]}))
    written(tmp_path / "all" / "_SUCCESS", "")
    assert read_file(tmp_path / "all")["id"].tolist() == [1, 2]


def test_files_of_a_folder_that_differ_in_type_are_refused(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", pa.table({"id": [1]}))
    written(tmp_path / "b.parquet", pa.table({"id": [1.5]}))
    with pytest.raises(InputError, match=r"b\.parquet: has other columns or types than .*a\.parq"):
        read_file(tmp_path)


def test_a_folder_without_parquet_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder without Parquet files"):
        read_file(tmp_path)


@pytest.mark.parametrize(
    "keys",
    [
        ["12345678901234567891", "12345678901234567892"],
        ["007", "7"],
        ["1.0", "1"],
        ["1e3", "1000"],
        ["+5", "5"],
        ["a", "a "],
        ["A", "a"],
        ["2024-01-01", "2024-01-01 00:00:00"],
    ],
)
def test_keys_that_differ_in_csv_stay_different(tmp_path: Path, keys: list[str]) -> None:
    path = written(tmp_path / "a.csv", "id,n\n" + "".join(f"{key},1\n" for key in keys))
    assert read_file(path, key="id")["id"].tolist() == keys


def test_whole_numbers_are_keys_as_numbers(tmp_path: Path) -> None:
    frame = read_file(written(tmp_path / "a.csv", "id\n9007199254740993\n-1\n"), key="id")
    assert frame["id"].dtype == "int64"
    assert frame["id"].tolist() == [9007199254740993, -1]


@pytest.mark.parametrize("key", ["id", None])
@pytest.mark.parametrize(("digits", "scale"), [(38, 0), (20, 2), (38, 20)])
def test_decimal_keys_of_parquet_stay_different(
    tmp_path: Path, key: str | None, digits: int, scale: int
) -> None:
    keys = [Decimal(10 ** (digits - 1) + last).scaleb(-scale) for last in (1, 2)]
    column = pa.array(keys, pa.decimal128(digits, scale))
    frame = read_file(written(tmp_path / "a.parquet", pa.table({"id": column})), key=key)
    assert [Decimal(text) for text in frame["id"]] == keys


def test_wide_numbers_that_are_no_key_are_floats(tmp_path: Path) -> None:
    column = pa.array([Decimal("1.10"), None], pa.decimal128(20, 2))
    path = written(tmp_path / "a.parquet", pa.table({"id": [1, 2], "euros": column}))
    assert read_file(path, key="id")["euros"].dtype == "float64"


@pytest.mark.parametrize(
    ("values", "kind"), [([[1]], "LIST"), ([{"a": 1}], "STRUCT"), ([b"\x00"], "BLOB")]
)
def test_what_cannot_be_a_key_is_refused_by_its_type(
    tmp_path: Path, values: list[object], kind: str
) -> None:
    path = written(tmp_path / "a.parquet", pa.table({"id": values}))
    with pytest.raises(InputError, match=rf"a\.parquet: key 'id' is of type {kind}"):
        read_file(path, key="id")


def test_types_follow_from_all_rows_and_not_from_the_first(tmp_path: Path) -> None:
    many = inference.SAMPLE_ROWS + 10
    rows = [f"{number},{number},{number},,{number}\n" for number in range(many)]
    rows[-1] = "1.5,x,1,2.5,\n"
    frame = read_file(written(tmp_path / "a.csv", "real,text,whole,late,gaps\n" + "".join(rows)))
    assert [str(kind) for kind in frame.dtypes] == ["float64", "str", "int64", "float64", "Int64"]
    assert frame.iloc[-1].tolist()[:4] == [1.5, "x", 1, 2.5]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "shift_jis", "utf-8-sig"])
def test_other_encodings_are_read_when_named(tmp_path: Path, encoding: str) -> None:
    name = "名" if encoding == "shift_jis" else "é"
    path = written(tmp_path / "a.csv", f"id,{name}\n1,x{name}\n".encode(encoding))
    frame = read_file(path, encoding=encoding)
    assert frame.to_dict("list") == {"id": [1], name: [f"x{name}"]}


@pytest.mark.parametrize("encoding", ["rot13", "nonsense", "undefined", ""])
def test_an_encoding_that_python_does_not_know_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(InputError, match="is no encoding"):
        read_file(written(tmp_path / "a.csv", "id\n1\n"), encoding=encoding)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_ends_of_lines_are_told_from_the_header(
    tmp_path: Path, delimiter: str, end: str
) -> None:
    lines = map(delimiter.join, [[], ["id", '"a,b"', "A", "a"], ["1", '"x;y"', "2", "3"]])
    frame = read_file(written(tmp_path / "a.csv", "\ufeff" + end.join(lines) + end))
    assert frame.to_dict("list") == {"id": [1], "a,b": ["x;y"], "A": [2], "a": [3]}


def test_a_decimal_comma_makes_text_and_no_other_number(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id;spend\n1;1,5\n2;1.234,5\n")
    assert read_file(path)["spend"].tolist() == ["1,5", "1.234,5"]


def test_columns_without_name_and_values_are_left_out(tmp_path: Path) -> None:
    assert list(read_file(written(tmp_path / "a.csv", "id,n,\n1,2,\n")).columns) == ["id", "n"]


def test_a_parquet_file_is_one_whatever_it_is_called(tmp_path: Path) -> None:
    assert read_file(written(tmp_path / "a.csv", pa.table({"id": [1]})))["id"].tolist() == [1]


def test_columns_of_parquet_that_differ_in_case_are_both_there(tmp_path: Path) -> None:
    frame = read_file(written(tmp_path / "a.parquet", pa.table({"a": [1], "A": [2]})))
    assert frame.to_dict("list") == {"a": [1], "A": [2]}


@pytest.mark.parametrize("kept", [1, 4, 30, -8, -1])
def test_a_parquet_file_that_is_cut_off_is_refused(tmp_path: Path, kept: int) -> None:
    whole = written(tmp_path / "whole.parquet", pa.table({"id": [1, 2, 3]})).read_bytes()
    with pytest.raises(InputError, match=r"cut\.parquet: no whole Parquet file"):
        read_file(written(tmp_path / "cut.parquet", whole[:kept]))
