"""Tables with too few rows, equal rows, missing values, or weights that cannot be."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.mixture import StreamingGaussianMixture, select_mixture
from include.gmm.mixture.layout import fitted
from include.gmm.mixture.parameters import CovarianceType
from tests.gmm.mixture.examples import TYPES, matrices
from tests.gmm.mixture.tables import blobs, table_of

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "error::RuntimeWarning"
)


@pytest.mark.parametrize("kind", TYPES)
def test_one_component_of_more_columns_than_rows_is_the_regularised_covariance(
    kind: CovarianceType,
) -> None:
    rows = np.random.default_rng(0).normal(size=(5, 20))
    model = StreamingGaussianMixture(1, covariance_type=kind).fit(rows)
    covariance = np.cov(rows.T, bias=True)
    if kind in ("diag", "spherical"):
        covariance = np.diag(np.diagonal(covariance))
    if kind == "spherical":
        covariance = np.diagonal(covariance).mean() * np.eye(20)
    np.testing.assert_allclose(model.means_[0], rows.mean(axis=0), rtol=0, atol=1e-14)
    np.testing.assert_allclose(
        matrices(fitted(model))[0], covariance + 1e-6 * np.eye(20), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("kind", ["full", "tied"])
def test_more_columns_than_rows_without_regularisation_are_refused(kind: CovarianceType) -> None:
    rows = np.random.default_rng(0).normal(size=(5, 20))
    with pytest.raises(ValueError, match="singular"):
        StreamingGaussianMixture(1, covariance_type=kind, reg_covar=0).fit(rows)


def test_a_selection_of_more_columns_than_rows_is_refused_where_it_takes_a_covariance() -> None:
    rows = np.random.default_rng(0).normal(size=(5, 20))
    with pytest.raises(InputError, match="5 rows are too few"):
        select_mixture(rows, range(1, 6))
    with pytest.raises(InputError, match=r"5 rows of 20 .* too few .* of type full or tied"):
        select_mixture(rows, [1, 2], ["full", "tied"])


def test_one_row_is_refused() -> None:
    row = blobs()[:1]
    for data in (row, table_of(row)):
        with pytest.raises(ValueError, match="1"):
            StreamingGaussianMixture().fit(data)
        with pytest.raises(InputError, match="1 rows are too few"):
            select_mixture(data, [1])


def test_fewer_rows_of_weight_than_components_are_refused() -> None:
    weights = np.where(np.arange(450) < 3, 1.0, 0.0)
    with pytest.raises(ValueError, match="n_components = 4, n_samples = 3"):
        StreamingGaussianMixture(4).fit(blobs(), sample_weight=weights)
    with pytest.raises(InputError, match="3 rows are too few"):
        select_mixture(blobs(), [4], sample_weight=weights)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("k", [1, 2])
def test_equal_rows_are_a_point_with_the_regularisation_for_its_variance(
    kind: CovarianceType, k: int
) -> None:
    rows = np.full((50, 2), 3.3)
    model = StreamingGaussianMixture(k, covariance_type=kind, random_state=0).fit(rows)
    mixture = fitted(model)
    np.testing.assert_allclose(mixture.weights @ mixture.means, 3.3, rtol=1e-12)
    np.testing.assert_allclose(matrices(mixture), 1e-6 * np.stack([np.eye(2)] * k), atol=1e-12)
    np.testing.assert_allclose(model.predict_proba(rows).sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("k", [1, 2])
def test_equal_rows_without_regularisation_are_refused(kind: CovarianceType, k: int) -> None:
    model = StreamingGaussianMixture(k, covariance_type=kind, reg_covar=0, random_state=0)
    with pytest.raises(ValueError, match="singular"):
        model.fit(np.full((50, 2), 3.3))


def test_a_selection_of_equal_rows_is_refused_by_the_names_of_columns() -> None:
    frame = pd.DataFrame({"euros": np.full(50, 3.3), "visits": np.full(50, 2)})
    with pytest.raises(InputError, match="'euros', 'visits': every row has the same value"):
        select_mixture(frame, [1, 2])


def test_two_values_are_not_two_components() -> None:
    rows = np.repeat([[0.0, 1.0], [2.0, 3.5]], 50, axis=0)
    selection = select_mixture(rows, [1, 2, 3], resolution=None)
    assert selection.best.n_components == 1
    assert sum("50.0 % of the rows are copies of one row" in w for w in selection.warnings) == 2
    assert all(c.degenerate for c in selection.candidates if c.n_components > 1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("form", ["array", "frame", "table"])
def test_a_selection_with_what_is_no_number_is_refused_by_the_column(
    form: str, value: float
) -> None:
    rows = blobs()
    rows[7, 1] = value
    forms: dict[str, Any] = {
        "array": rows,
        "frame": pd.DataFrame(rows, columns=["x0", "x1"]),
        "table": table_of(rows),
    }
    with pytest.raises(InputError, match="number 2" if form == "array" else "'x1'"):
        select_mixture(forms[form], [1, 2])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_estimator_given_what_is_no_number_refuses_it(value: float) -> None:
    rows = blobs()
    rows[7, 1] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        StreamingGaussianMixture().fit(rows)
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        StreamingGaussianMixture().fit(blobs()).predict(rows)


WEIGHTS: dict[str, tuple[Any, str | None]] = {
    "zero": (np.zeros(450), "zero"),
    "negative": (np.append(np.ones(449), -1), "(?i)negative|below 0"),
    "NaN": (np.append(np.ones(449), np.nan), "NaN|finite"),
    "infinite": (np.append(np.ones(449), np.inf), "inf|finite"),
    "too few": (np.ones(440), "440"),
    "too many": (np.ones(460), "460"),
    "text": (np.array(["a"] * 450), None),
    "two columns": (np.ones((450, 2)), None),
}


@pytest.mark.parametrize("form", ["array", "table"])
@pytest.mark.parametrize(("weights", "why"), WEIGHTS.values(), ids=WEIGHTS.keys())
def test_an_estimator_refuses_weights_that_cannot_be(
    weights: Any, why: str | None, form: str
) -> None:
    data = blobs() if form == "array" else table_of(blobs())
    with pytest.raises(ValueError, match=why) as caught:
        StreamingGaussianMixture(2, random_state=0, n_jobs=1).fit(data, sample_weight=weights)
    if weights.dtype == np.float64 and weights.ndim == 1:
        assert "sample weight" in str(caught.value).lower().replace("_", " ")


@pytest.mark.parametrize("form", ["array", "table"])
@pytest.mark.parametrize(("weights", "why"), WEIGHTS.values(), ids=WEIGHTS.keys())
def test_a_selection_refuses_weights_that_cannot_be_by_name(
    weights: Any, why: str | None, form: str
) -> None:
    data = blobs() if form == "array" else table_of(blobs())
    with pytest.raises(InputError, match=why) as caught:
        select_mixture(data, [1, 2], sample_weight=weights, n_jobs=1)
    assert "sample weight" in str(caught.value).replace("_", " ")


def test_a_selection_takes_weights_as_a_list_or_as_whole_numbers() -> None:
    weights = np.arange(450) % 3
    expected = select_mixture(blobs(), [1, 2], ["full"], sample_weight=weights.astype(np.float64))
    same: list[Any] = [weights, weights.tolist(), pd.Series(weights)]
    for given in same:
        found = select_mixture(blobs(), [1, 2], ["full"], sample_weight=given)
        assert found.best.bic == expected.best.bic


def test_columns_that_are_functions_of_others_are_refused_with_a_remedy() -> None:
    column = np.random.default_rng(0).normal(size=(200, 1))
    with pytest.raises(InputError, match="function of the others"):
        select_mixture(np.hstack([column, 3 * column - 1]), range(1, 4), ["full", "tied"])
