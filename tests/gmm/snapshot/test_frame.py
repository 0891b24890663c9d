"""A frame as a snapshot: what is refused, by which column, and what is left out."""

import numpy as np
import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.settings import Feature, Features, Segmentation
from tests.gmm.snapshots import rows_of


def refusal(frame: pd.DataFrame, segmentation: Segmentation) -> str:
    with pytest.raises(InputError) as caught:
        rows_of(frame, segmentation.features, "shoppers.csv")
    message = str(caught.value)
    assert message.startswith("shoppers.csv: ")
    return message


def test_a_missing_column_is_named_with_those_that_are_there(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    message = refusal(shoppers.drop(columns="euros"), segmentation)
    assert "no column 'euros'" in message
    assert "'visits'" in message


def test_text_in_a_number_column_is_quoted(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    shoppers["euros"] = shoppers["euros"].astype(object)
    shoppers.loc[5, "euros"] = "12 EUR"
    message = refusal(shoppers, segmentation)
    assert "column 'euros' holds text, such as '12 EUR', in 1 row, first in row 6" in message


@pytest.mark.parametrize(("value", "told"), [(np.nan, "missing"), (np.inf, "infinite")])
def test_values_that_are_no_numbers_are_counted(
    shoppers: pd.DataFrame, segmentation: Segmentation, value: float, told: str
) -> None:
    shoppers.loc[[3, 4], "euros"] = value
    message = refusal(shoppers, segmentation)
    assert told in message
    assert "in 2 rows" in message


def test_a_profile_column_may_have_gaps_but_no_infinity(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    assert shoppers["age"].isna().any()
    rows_of(shoppers, segmentation.features, "x")
    shoppers.loc[0, "age"] = np.inf
    assert "'age' is infinite" in refusal(shoppers, segmentation)


def test_all_columns_with_gaps_are_named_at_once(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    shoppers.loc[[3, 4], "euros"] = np.nan
    shoppers["visits"] = shoppers["visits"].astype(object)
    shoppers.loc[[4, 5, 6], "visits"] = [None, " ? ", "N/A"]
    message = refusal(shoppers, segmentation)
    assert "4 of 240 rows lack a value (missing: 'visits' in 3 rows, 'euros' in 2 rows)" in message
    assert "`missing: drop`" in message


def dropping(segmentation: Segmentation) -> Features:
    return segmentation.features.model_copy(update={"missing": "drop"})


def test_rows_with_gaps_are_left_out_and_counted_where_the_settings_say_so(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    complete = rows_of(shoppers.drop(index=[3, 4]), segmentation.features)
    shoppers.loc[[3, 4], "euros"] = np.nan
    rows = rows_of(shoppers, dropping(segmentation))
    (found,), (expected,) = rows.batches(), complete.batches()
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(found.profile, expected.profile)
    assert len(rows) == len(complete) == 238
    assert rows.gaps.columns == {"euros": 2}
    (told,) = rows.gaps.told()
    assert told.startswith("2 of 240 rows lack a value")


def test_a_table_without_a_complete_row_is_refused(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    shoppers["euros"] = np.nan
    with pytest.raises(InputError, match="no row has a value in every feature"):
        rows_of(shoppers, dropping(segmentation), "x")


def test_a_key_that_is_empty_or_repeated_is_refused_in_a_row_that_is_left_out_too(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    shoppers.loc[1, "shopper"] = "s000"
    shoppers.loc[1, "euros"] = np.nan
    with pytest.raises(InputError, match="'shopper' is not unique"):
        rows_of(shoppers, dropping(segmentation), "x")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a": 1}, "STRUCT or MAP"),
        ([1.0], "LIST"),
        (np.array([1.0]), "LIST"),
        (b"\x01", "BLOB"),
    ],
)
def test_nested_values_are_refused_with_their_type_as_feature_and_as_key(
    shoppers: pd.DataFrame, segmentation: Segmentation, value: object, told: str
) -> None:
    nested = pd.Series([value] * len(shoppers), dtype=object)
    assert f"column 'euros' is a {told}" in refusal(shoppers.assign(euros=nested), segmentation)
    assert f"key 'shopper' is of type {told}" in refusal(
        shoppers.assign(shopper=nested), segmentation
    )


def test_values_too_large_to_reckon_with_are_told_from_missing_ones(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    shoppers.loc[[5, 8], "euros"] = [1e200, -1e60]
    message = refusal(shoppers, segmentation)
    assert "'euros' has values beyond 1e+50, such as 1e+200, in 2 rows, first in row 6" in message
    assert "missing" not in message


@pytest.mark.parametrize("name", ["bell\x07", "esc\x1b[31m", "\ufffe"])
def test_a_name_that_no_page_can_show_is_refused_with_its_place(
    shoppers: pd.DataFrame, segmentation: Segmentation, name: str
) -> None:
    columns = {"visits": Feature(), name: Feature()}
    features = segmentation.features.model_copy(update={"columns": columns})
    with pytest.raises(InputError, match="column 3, ") as caught:
        rows_of(shoppers.rename(columns={"euros": name}), features, "x")
    assert repr(name) in str(caught.value)
    assert name not in str(caught.value)


def test_half_a_character_in_a_setting_is_refused_escaped(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    features = segmentation.features.model_copy(update={"columns": {"lone\ud800": Feature()}})
    with pytest.raises(InputError, match=r"'lone\\ud800' is no name"):
        rows_of(shoppers, features, "x")


def test_repeated_keys_are_shown(shoppers: pd.DataFrame, segmentation: Segmentation) -> None:
    shoppers.loc[1, "shopper"] = "s000"
    message = refusal(shoppers, segmentation)
    assert "'shopper' is not unique" in message
    assert "'s000'" in message


def test_empty_keys_are_counted(shoppers: pd.DataFrame, segmentation: Segmentation) -> None:
    shoppers.loc[1, "shopper"] = None
    assert "'shopper' is empty in 1 row, first in row 2" in refusal(shoppers, segmentation)


def test_dates_are_refused_by_name(shoppers: pd.DataFrame, segmentation: Segmentation) -> None:
    dated = shoppers.assign(visits=pd.Timestamp("2026-01-01"))
    assert "'visits' holds dates" in refusal(dated, segmentation)


def test_no_rows_are_refused(shoppers: pd.DataFrame, segmentation: Segmentation) -> None:
    assert "there are no rows" in refusal(shoppers[:0], segmentation)
