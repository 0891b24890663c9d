"""Which columns of a file are features, and what is told of the others."""

from pathlib import Path

import pandas as pd
import pytest

from include.gmm.commands.choosing import numeric
from tests.gmm.commands.fits import fit, summaries

pytestmark = pytest.mark.usefixtures("drawn_at_once")


def test_missing_values_are_left_out_and_told_where_the_options_say_so(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--key", "shopper", "--features", "visits,age", "--max-components", "2"]
    assert fit(file, *options, "--missing", "drop") == 0
    told = "21 of 240 rows lack a value (missing: 'age' in 21 rows); they are left out"
    assert told in " ".join(capsys.readouterr().out.split())
    (summary,) = summaries(file)
    assert summary.rows == 219
    assert any(told in warning for warning in summary.cautions)
    card = next((file.parent / "models").rglob("card.md")).read_text()
    assert "Rows left out | 21" in card


def test_a_column_of_numbers_and_marks_for_what_is_missing_is_one_of_numbers(
    file: Path, shoppers: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    euros = shoppers["euros"].astype(str)
    euros[5], euros[17] = " ", "n/a"
    shoppers.assign(euros=euros).drop(columns="age").to_csv(file, index=False)
    options = ["--key", "shopper", "--max-components", "2"]
    assert fit(file, *options) == 2
    assert "2 of 240 rows lack a value (missing: 'euros' in 2 rows)" in capsys.readouterr().err
    assert fit(file, *options, "--missing", "drop") == 0
    assert [feature.name for feature in summaries(file)[0].features] == ["visits", "euros"]


def test_a_column_of_numbers_with_some_text_is_not_left_out_without_a_word(
    file: Path, shoppers: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    euros = shoppers["euros"].astype(str)
    euros[5], euros[17] = "many", "few"
    shoppers.assign(euros=euros).to_csv(file, index=False)
    assert fit(file, "--key", "shopper") == 2
    assert (
        "column 'euros' is numbers but for text, such as 'many', in 2 rows, first in row 6; "
        "correct it, or name the columns to fit to by --features"
    ) in capsys.readouterr().err


def test_columns_with_decimal_commas_are_told_as_such(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They were left out as text, and nobody said what to do."""
    file.write_text("shopper;a;b\n" + "\n".join(f"s{i};{i},5;1.234,{i}" for i in range(9)))
    assert fit(file, "--key", "shopper") == 2
    told = "'a', 'b' (numbers with decimal commas; write points)"
    assert told in capsys.readouterr().err


def test_what_is_left_out_because_it_is_no_number_is_told(
    file: Path, shoppers: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    shoppers = shoppers.drop(columns="age").assign(
        city="Ulm", member=True, since="2026-01-02", void=None
    )
    shoppers.to_csv(file, index=False)
    assert fit(file, "--key", "shopper", "--max-components", "2") == 0
    assert capsys.readouterr().err == (
        "Left out: 'city' (text); 'member' (true or false); 'since' (dates); 'void' (empty). "
        "Segments are made of columns of numbers.\n"
    )


def test_a_column_of_codes_that_begin_with_0_is_none_of_numbers(shoppers: pd.DataFrame) -> None:
    codes = shoppers.drop(columns="age").assign(code=[f"{row:05d}" for row in range(240)])
    names, told = numeric(codes, "shopper", "x")
    assert names == ["visits", "euros"]
    assert "'code' (text)" in told


@pytest.mark.parametrize(
    ("value", "kind"), [({"a": 1}, "STRUCT or MAP"), ([1], "LIST"), (b"1", "BLOB")]
)
def test_nested_columns_are_left_out_by_their_type(
    shoppers: pd.DataFrame, value: object, kind: str
) -> None:
    nested = shoppers.assign(age=pd.Series([value] * 240, dtype=object))
    assert f"'age' ({kind})" in numeric(nested, "shopper", "x")[1]


def test_many_columns_that_are_left_out_are_told_in_short(shoppers: pd.DataFrame) -> None:
    wide = shoppers.assign(**{f"text{number}": "a" for number in range(50)})
    told = numeric(wide, "shopper", "x")[1]
    assert "'text0'" in told
    assert "and 30 more (text)" in told


def test_without_a_key_the_rows_are_numbered(file: Path, shoppers: pd.DataFrame) -> None:
    shoppers[["visits", "euros"]].to_csv(file, index=False)
    assert fit(file, "--key", "row", "--max-components", "2") == 0
    (summary,) = summaries(file)
    assert summary.key == "row"
    assert [feature.name for feature in summary.features] == ["visits", "euros"]
    assert summary.rows == len(shoppers)


def test_a_column_that_is_called_row_is_the_key_as_it_is(
    file: Path, shoppers: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    shoppers.assign(row=7).to_csv(file, index=False)
    assert fit(file, "--key", "row", "--features", "visits") == 2
    assert "key 'row' is not unique" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [["--features", 'visits,"euros, total"'], ["--feature", "euros, total"]]
)
def test_the_name_of_a_feature_may_have_a_comma(
    file: Path, shoppers: pd.DataFrame, options: list[str]
) -> None:
    shoppers.rename(columns={"euros": "euros, total"}).to_csv(file, index=False)
    assert fit(file, "--key", "shopper", "--max-components", "2", *options) == 0
    assert "euros, total" in [feature.name for feature in summaries(file)[0].features]


def test_columns_that_no_page_can_show_are_refused(
    file: Path, shoppers: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    shoppers.rename(columns={"euros": "bell\x07"}).to_csv(file, index=False)
    assert fit(file, "--key", "shopper") == 2
    assert r"column 3, 'bell\x07' is no name" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_file_is_read_in_the_encoding_that_is_named(
    file: Path, shoppers: pd.DataFrame, encoding: str
) -> None:
    columns = {"euros": "Umsätze"}
    shoppers.rename(columns=columns).to_csv(file, index=False, encoding=encoding)
    options = ["--key", "shopper", "--features", "Umsätze", "--max-components", "2"]
    assert fit(file, *options) == 2
    assert fit(file, *options, "--encoding", encoding) == 0
    assert summaries(file)[0].features[0].name == "Umsätze"
