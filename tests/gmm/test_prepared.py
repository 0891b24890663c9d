"""What a mixture is fitted to: transforms and steps found in the rows, and what EM reads."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet
from sklearn.preprocessing import StandardScaler

from include.gmm import prepared
from include.gmm.errors import InputError
from include.gmm.prepared import fit_preparation, fitted_values, scales, write_prepared
from include.gmm.settings import Feature, Segmentation
from include.gmm.snapshot.rows import Rows
from include.gmm.transform import Scale
from tests.gmm.snapshots import rows_of


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
    return scales(rows_of(frame, features), columns)["x"]


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


@pytest.fixture
def rows(shoppers: pd.DataFrame, segmentation: Segmentation) -> Rows:
    return rows_of(shoppers, segmentation.features)


def test_a_constant_feature_is_named(shoppers: pd.DataFrame, segmentation: Segmentation) -> None:
    rows = rows_of(shoppers.assign(visits=1), segmentation.features)
    decided = scales(rows, segmentation.features.columns)
    with pytest.raises(InputError, match="x: every row has the same value in 'visits'"):
        fit_preparation(rows, decided, segmentation.mixture, "x")


def test_the_preparation_is_fitted_to_the_rows_that_are_not_held_out(
    rows: Rows, segmentation: Segmentation
) -> None:
    decided = scales(rows, segmentation.features.columns)
    preparation, fitted = fit_preparation(rows, decided, segmentation.mixture, "x")
    values = np.vstack(list(fitted_values(rows, segmentation.mixture.held_out)))
    assert fitted == len(values) < len(rows)
    expected = StandardScaler().fit(np.log1p(values))
    assert [scale.transform for scale in decided.values()] == ["log1p", "log1p"]
    np.testing.assert_allclose(preparation.named_steps["scale"].mean_, expected.mean_)
    np.testing.assert_allclose(preparation.named_steps["scale"].scale_, expected.scale_)


def test_what_the_mixture_sees_is_what_the_preparation_makes_of_each_row(
    rows: Rows, segmentation: Segmentation, tmp_path: Path
) -> None:
    decided = scales(rows, segmentation.features.columns)
    share = segmentation.mixture.held_out
    preparation, _ = fit_preparation(rows, decided, segmentation.mixture, "x")
    widths = write_prepared(rows, decided, preparation, share, tmp_path / "prepared.parquet")
    written = parquet.read_table(tmp_path / "prepared.parquet").to_pandas()
    values = np.vstack(list(fitted_values(rows, share)))
    expected = preparation.transform(pd.DataFrame(values, columns=rows.features))
    np.testing.assert_allclose(written[rows.features], expected, rtol=1e-12, atol=1e-12)
    euros = values[:, 1]
    width = (np.log1p(euros + 0.005) - np.log1p(euros - 0.005)) / preparation[-1].scale_[1]
    np.testing.assert_allclose(written[widths[1]], width)


def test_columns_that_are_called_as_widths_would_be_keep_their_names(
    shoppers: pd.DataFrame, segmentation: Segmentation, tmp_path: Path
) -> None:
    names = {"visits": "euros", "euros": "width of euros"}
    columns = {name: Feature() for name in names.values()}
    features = segmentation.features.model_copy(update={"columns": columns})
    rows = rows_of(shoppers.rename(columns=names), features)
    decided = scales(rows, columns)
    preparation, _ = fit_preparation(rows, decided, segmentation.mixture, "x")
    widths = prepared.write_prepared(rows, decided, preparation, 0.2, tmp_path / "p.parquet")
    assert len({*widths, *rows.features}) == 4
