"""Reading CSV and Parquet, and refusing what is neither."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.files import read_file


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
        ("table.xlsx", b"x", "neither CSV"),
        ("fake.parquet", b"this is no parquet", "magic bytes"),
        ("fake.csv.gz", b"this is no gzip", "fake.csv.gz"),
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
