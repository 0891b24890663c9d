"""A file of which one line is wrong is refused with the number of that line."""

from pathlib import Path

import pytest

from include.gmm.errors import InputError
from include.gmm.files import read_file

PERSON = "Jane Doe"


def told(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.csv") as caught:
        read_file(path)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert PERSON not in message
    return message


@pytest.mark.parametrize(
    ("rows", "line", "cause"),
    [
        ("1,2\n3\n", 3, "has 1 column, but the header has 2 columns"),
        (f"1,2\n3,{PERSON},5\n", 3, "has 3 columns, but the header has 2 columns"),
        (f'1,"{PERSON}\n\nx"\n3\n', 5, "has 1 column, but the header has 2 columns"),
        ("1,2\n\n3\n", 4, "has 1 column, but the header has 2 columns"),
        (f'1,2\n3,"{PERSON}\n5,6\n', 3, "none closes it; the file may be cut off"),
        (f'1,2\n3,"{PERSON}"x\n', 3, "double the quotes inside"),
        (f'1,2\n3,"say \\"{PERSON}\\""\n', 3, "double the quotes inside"),
        (f"1,2\n3,{PERSON}\r\n", 3, r"ends with '\r\n', but the header with '\n'"),
        (f"1,2\n3,{PERSON}{'x' * 2_000_001}\n", 3, "is longer than 2,000,000 letters"),
    ],
)
def test_a_line_that_is_no_row_is_named(tmp_path: Path, rows: str, line: int, cause: str) -> None:
    message = told(tmp_path / "a.csv", f"id,n\n{rows}".encode())
    assert f"line {line}" in message
    assert cause in message


@pytest.mark.parametrize("row", [3, 50_000])
def test_a_line_far_down_is_named_too(tmp_path: Path, row: int) -> None:
    lines = [f"{number},x" for number in range(60_000)]
    lines[row] = f"{row},{PERSON},x"
    message = told(tmp_path / "a.csv", "\n".join(["id,n", *lines]).encode())
    assert f"line {row + 2} has 3 columns" in message


@pytest.mark.parametrize(
    ("data", "line", "seems"),
    [
        (f"id,n\n1,x\n2,{PERSON} café\n".encode("cp1252"), 3, "cp1252"),
        ("id,café\n1,x\n".encode("cp1252"), 1, "cp1252"),
        ("id,n\n1,x\n".encode("utf-16"), 1, "utf-16"),
        ("id,n\n1,x\n".encode("utf-16-le"), 1, "utf-16-le"),
        ("id,n\n1,x\n".encode("utf-16-be"), 1, "utf-16-be"),
        ("id,n\n1,x\n".encode("utf-32"), 1, "utf-32"),
        (b"id,n\n1,x\n2,\x81\n", 3, "NAME"),
    ],
)
def test_another_encoding_is_named_with_the_line_and_the_remedy(
    tmp_path: Path, data: bytes, line: int, seems: str
) -> None:
    message = told(tmp_path / "a.csv", data)
    assert f"line {line} is not UTF-8" in message
    assert f"--encoding {seems} " in message


def test_text_that_is_not_in_the_named_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,n\n1,x\n2,\x81\n")
    with pytest.raises(InputError, match=r"a\.csv: line 3 is not cp1252"):
        read_file(path, encoding="cp1252")


def test_an_empty_cell_after_the_last_column_is_no_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,n\n1,2,\n3,4\n")
    assert read_file(path).to_dict("list") == {"id": [1, 3], "n": [2, 4]}
