"""The feature table: what is refused, and how values are read."""

import numpy as np
import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.features import Scale, check_table, held_out_rows, refuse_constant, scales
from include.gmm.settings import Feature, Features, Segmentation

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402


def refusal(frame: pd.DataFrame, segmentation: Segmentation) -> str:
    with pytest.raises(InputError) as caught:
        check_table(frame, segmentation.features, "shoppers.csv")
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
    check_table(shoppers, segmentation.features, "x")
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
    complete = check_table(shoppers.drop(index=[3, 4]), segmentation.features, "x")
    shoppers.loc[[3, 4], "euros"] = np.nan
    table = check_table(shoppers, dropping(segmentation), "x")
    pd.testing.assert_frame_equal(table.values, complete.values)
    pd.testing.assert_frame_equal(table.profile, complete.profile)
    assert table.digest == complete.digest
    assert table.gaps.columns == {"euros": 2}
    (told,) = table.gaps.told()
    assert told.startswith("2 of 240 rows lack a value")


def test_a_table_without_a_complete_row_is_refused(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    shoppers["euros"] = np.nan
    with pytest.raises(InputError, match="no row has a value in every feature"):
        check_table(shoppers, dropping(segmentation), "x")


def test_a_key_that_is_empty_or_repeated_is_refused_in_a_row_that_is_left_out_too(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    shoppers.loc[1, "shopper"] = "s000"
    shoppers.loc[1, "euros"] = np.nan
    with pytest.raises(InputError, match="'shopper' is not unique"):
        check_table(shoppers, dropping(segmentation), "x")


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
        check_table(shoppers.rename(columns={"euros": name}), features, "x")
    assert repr(name) in str(caught.value)
    assert name not in str(caught.value)


def test_half_a_character_in_a_setting_is_refused_escaped(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    features = segmentation.features.model_copy(update={"columns": {"lone\ud800": Feature()}})
    with pytest.raises(InputError, match=r"'lone\\ud800' is no name"):
        check_table(shoppers, features, "x")


def test_repeated_keys_are_shown(shoppers: pd.DataFrame, segmentation: Segmentation) -> None:
    shoppers.loc[1, "shopper"] = "s000"
    message = refusal(shoppers, segmentation)
    assert "'shopper' is not unique" in message
    assert "'s000'" in message


def test_empty_keys_are_counted(shoppers: pd.DataFrame, segmentation: Segmentation) -> None:
    shoppers.loc[1, "shopper"] = None
    assert "'shopper' is empty in 1 row, first in row 2" in refusal(shoppers, segmentation)


def test_a_constant_feature_is_named(shoppers: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="same value in 'visits'"):
        refuse_constant(shoppers[["visits", "euros"]].assign(visits=1), "x")


def test_dates_are_refused_by_name(shoppers: pd.DataFrame, segmentation: Segmentation) -> None:
    dated = shoppers.assign(visits=pd.Timestamp("2026-01-01"))
    assert "'visits' holds dates" in refusal(dated, segmentation)


def test_no_rows_are_refused(shoppers: pd.DataFrame, segmentation: Segmentation) -> None:
    assert "there are no rows" in refusal(shoppers[:0], segmentation)


def test_the_order_of_rows_does_not_matter(
    shoppers: pd.DataFrame, segmentation: Segmentation
) -> None:
    one = check_table(shoppers, segmentation.features, "x")
    other = check_table(shoppers.sample(frac=1, random_state=0), segmentation.features, "x")
    assert one.digest == other.digest
    pd.testing.assert_frame_equal(one.values, other.values)


@pytest.mark.parametrize("column", ["visits", "age", "shopper"])
def test_any_changed_value_changes_the_digest(
    shoppers: pd.DataFrame, segmentation: Segmentation, column: str
) -> None:
    before = check_table(shoppers, segmentation.features, "x").digest
    shoppers.loc[7, column] = "other" if column == "shopper" else 99
    assert check_table(shoppers, segmentation.features, "x").digest != before


def scale_of(values: list[float], **feature: object) -> Scale:
    frame = pd.DataFrame({"k": range(len(values)), "x": values})
    columns = {"x": Feature.model_validate(feature)}
    features = Segmentation.model_validate(
        {
            "name": "n",
            "title": "t",
            "source": {"table": "a.b", "columns": {"k": "INT"}},
            "features": {"model": "m", "key": "k", "columns": columns},
        }
    ).features
    return scales(check_table(frame, features, "x"), columns)["x"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 171], Scale("log1p", 1.0)),
        ([0.5, 12.25, 900.0], Scale("log1p", 0.01)),
        ([43, 96, 60], Scale("none", 1.0)),
        ([-5, 500.5], Scale("none", 0.1)),
        ([0.123456789, 0.9], Scale("none", 0.0)),
        ([1000, 90_000], Scale("log1p", 1.0)),
        ([0, 1e-10, 3e-10], Scale("none", 0.0)),
    ],
)
def test_transform_and_step_are_found_in_the_values(values: list[float], expected: Scale) -> None:
    assert scale_of(values) == expected


def test_what_the_file_says_comes_before_what_the_values_say() -> None:
    assert scale_of([0, 1, 171], transform="none", resolution=5) == Scale("none", 5.0)


def test_log1p_of_values_below_minus_one_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="column 'x': log1p"):
        scale_of([-1, 5], transform="log1p")


@given(st.floats(0, 1e6), st.sampled_from([0.01, 1.0]))
def test_a_cell_is_as_wide_as_its_transformed_ends_are_apart(value: float, step: float) -> None:
    width = Scale("log1p", step).cell_width(np.array([value]))[0]
    assert width == pytest.approx(np.log1p(value + step / 2) - np.log1p(value - step / 2))
    assert Scale("none", step).cell_width(np.array([value]))[0] == pytest.approx(step, rel=1e-6)


def test_a_key_stays_held_out_when_others_come() -> None:
    keys = pd.Series(range(10_000))
    few, many = held_out_rows(keys[:1000], 0.2), held_out_rows(keys, 0.2)
    np.testing.assert_array_equal(few, many[:1000])
    assert many.mean() == pytest.approx(0.2, abs=0.02)


def test_even_a_tiny_table_has_a_row_to_be_tested_on() -> None:
    assert held_out_rows(pd.Series(["a", "b"]), 0.01).sum() == 1
