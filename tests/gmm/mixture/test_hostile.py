"""Numbers at the edge of what floats hold: the mixture is right, or refused by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from include.gmm.errors import InputError
from include.gmm.mixture import Selection, StreamingGaussianMixture, select_mixture
from include.gmm.mixture.layout import fitted
from include.gmm.mixture.parameters import Array, CovarianceType
from tests.gmm.mixture.examples import TYPES
from tests.gmm.mixture.tables import blobs, in_form, table_of

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "error::RuntimeWarning"
)

Exact = NDArray[np.longdouble]


def exact_em(
    steps: int, rows: Array, weights: Array, means: Array, covariances: Array
) -> tuple[Exact, Exact, Exact]:
    """EM of a full mixture in two dimensions with 19 digits (80-bit floats)."""
    x, w, m, c = (np.asarray(a, np.longdouble) for a in (rows, weights, means, covariances))
    for _ in range(steps):
        away = x[:, None, :] - m
        determinant = c[:, 0, 0] * c[:, 1, 1] - c[:, 0, 1] ** 2
        squares = c[:, 1, 1] * away[..., 0] ** 2 + c[:, 0, 0] * away[..., 1] ** 2
        squares = (squares - 2 * c[:, 0, 1] * away[..., 0] * away[..., 1]) / determinant
        joint = np.log(w) - np.log(determinant) / 2 - squares / 2
        shares = np.exp(joint - joint.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        counts = shares.sum(axis=0)
        w, m = counts / counts.sum(), shares.T @ x / counts[:, None]
        away = x[:, None, :] - m
        c = np.einsum("nk,nki,nkj->kij", shares, away, away) / counts[:, None, None]
    return w, m, c


def with_a_small_component(small: float, mean: float = 1e4) -> tuple[Array, Array, Array, Array]:
    """Rows of unit variance far from 0 with a component `small` wide among them, and a start."""
    rng = np.random.default_rng(3)
    rows = np.vstack([rng.normal(0, 1, (600, 2)), [0.5, -0.5] + small * rng.normal(size=(200, 2))])
    means = mean + np.array([[0.1, 0.1], [0.5 + small / 3, -0.5]])
    covariances = np.array([2 * np.eye(2), 4 * small**2 * np.eye(2)])
    return mean + rows, np.array([0.6, 0.4]), means, covariances


def started(weights: Array, means: Array, covariances: Array, **settings: Any) -> Any:
    return StreamingGaussianMixture(
        len(weights),
        weights_init=weights,
        means_init=means,
        precisions_init=np.linalg.inv(covariances),
        reg_covar=0,
        tol=0,
        **settings,
    )


@pytest.mark.skipif(
    bool(np.finfo(np.longdouble).eps > 1e-18), reason="long doubles are doubles here"
)
@pytest.mark.parametrize("small", [1e-3, 1e-5])
@pytest.mark.parametrize("mean", [0, 1e4])
def test_a_small_component_far_from_zero_keeps_six_digits(small: float, mean: float) -> None:
    rows, *start = with_a_small_component(small, mean)
    model = started(*start, max_iter=25).fit(rows)

    weights, means, covariances = exact_em(25, rows, *start)

    deviations = np.sqrt(np.einsum("kii->ki", covariances))
    units = deviations[:, :, None] * deviations[:, None, :]
    assert deviations[1].max() < 2 * small  # it is still there
    assert np.abs(model.weights_ - weights).max() < 1e-6
    assert (np.abs(model.means_ - means) / deviations).max() < 1e-6
    assert (np.abs(model.covariances_ - covariances) / units).max() < 1e-6


def test_a_selection_finds_a_small_component_far_from_zero_as_at_zero() -> None:
    rows, *_ = with_a_small_component(1e-2, 0)
    there = select_mixture(rows, [1, 2], ["full"], resolution=None).best.parameters
    far = select_mixture(1e4 + rows, [1, 2], ["full"], resolution=None).best.parameters
    np.testing.assert_allclose(far.weights, there.weights, rtol=0, atol=1e-4)
    np.testing.assert_allclose(far.means - 1e4, there.means, rtol=0, atol=1e-4)
    np.testing.assert_allclose(far.covariances[1], there.covariances[1], rtol=1e-2, atol=1e-8)


@pytest.mark.parametrize("kind", ["full", "tied", "diag"])
def test_columns_may_differ_in_scale_by_twelve_orders(kind: CovarianceType) -> None:
    scale = np.array([1e-6, 1e6])
    settings: dict[str, Any] = {"covariance_type": kind, "reg_covar": 0, "random_state": 0}
    plain = fitted(StreamingGaussianMixture(2, **settings, tol=1e-10).fit(blobs()))
    wide = fitted(StreamingGaussianMixture(2, **settings, tol=1e-10).fit(blobs() * scale))
    one, other = plain.means[:, 0].argsort(), wide.means[:, 0].argsort()
    units = np.outer(scale, scale) if plain.covariances.ndim == 3 else scale**2
    np.testing.assert_allclose((wide.means / scale)[other], plain.means[one], rtol=1e-6)
    np.testing.assert_allclose(
        (wide.covariances / units)[other], plain.covariances[one], rtol=1e-5, atol=1e-6
    )


def selected(rows: Array) -> Selection:
    return select_mixture(rows, [1, 2, 3], ["full", "tied", "diag"], resolution=None)


@pytest.fixture(scope="module")
def plain() -> Selection:
    return selected(blobs())


@pytest.mark.parametrize("scale", [(1e-6, 1e6), (1e150, 1e150), (1e-150, 1e-150)], ids=str)
def test_a_selection_does_not_depend_on_the_units(
    scale: tuple[float, float], plain: Selection
) -> None:
    scaled = selected(blobs() * scale)
    assert scaled.best.name == plain.best.name
    units = len(blobs()) * np.log(np.array(scale)).sum()
    for one, other in ((plain.best, scaled.best), (plain.candidates[0], scaled.candidates[0])):
        assert other.log_likelihood + units == pytest.approx(one.log_likelihood, abs=0.01)
    np.testing.assert_allclose(
        scaled.best.parameters.means / scale, plain.best.parameters.means, atol=1e-3
    )


SCALES = [1e100, 1e150, 1e153, 1e160, 1e200, 1e300, 1e-100, 1e-150, 1e-160, 1e-200, 1e-300]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("kind", TYPES)
def test_huge_and_tiny_values_are_fitted_or_refused(kind: CovarianceType, scale: float) -> None:
    settings: dict[str, Any] = {"covariance_type": kind, "reg_covar": 0, "random_state": 0}
    plain = StreamingGaussianMixture(2, **settings, tol=1e-9).fit(blobs())
    model = StreamingGaussianMixture(2, **settings, tol=1e-9)
    try:
        model.fit(blobs() * scale)
    except ValueError as refused:
        assert not 1e-150 <= scale <= 1e150, refused
        return
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert np.isfinite(getattr(model, name)).all(), name
    np.testing.assert_allclose(
        np.sort(model.means_ / scale, axis=0), np.sort(plain.means_, axis=0), rtol=1e-4
    )
    assert np.isfinite(model.score(blobs() * scale))


@pytest.mark.parametrize("scale", [1e153, 1e200, 1e300, 1e-200, 1e-300])
def test_a_selection_of_what_floats_cannot_square_is_refused_by_the_column(scale: float) -> None:
    rows = pd.DataFrame({"plain": blobs()[:, 0], "extreme": blobs()[:, 1] * scale})
    with pytest.raises(InputError, match="'extreme'") as caught:
        select_mixture(rows, [1, 2], resolution=None)
    assert "same value" not in str(caught.value)


@pytest.mark.parametrize("far", [1e160, 1e200])
@pytest.mark.parametrize("kind", TYPES)
def test_one_row_beyond_all_measure_is_refused_or_fitted(kind: CovarianceType, far: float) -> None:
    rows = np.vstack([blobs(), [[far, 0]]])
    model = StreamingGaussianMixture(2, covariance_type=kind, random_state=0)
    try:
        model.fit(rows)
    except ValueError:
        return
    assert np.isfinite(model.means_).all()
    assert np.isfinite(model.covariances_).all()


@pytest.mark.parametrize("value", [1e200, -1e300, 1.7e308, -1.7e308])
@pytest.mark.parametrize("form", ["array", "frame", "table"])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_finite_values_are_never_called_missing(form: str, value: float, n_jobs: int) -> None:
    rows = blobs()
    rows[7, 1] = value
    with pytest.raises(InputError, match="too large to be squared") as caught:
        select_mixture(in_form(form, rows, Path()), [1, 2], n_jobs=n_jobs)
    assert ("number 2" if form == "array" else "'x1'") in str(caught.value)
    with pytest.raises(InputError, match="too large to be squared"):
        StreamingGaussianMixture(2, n_jobs=n_jobs).fit(in_form(form, rows, Path()))


def test_values_at_both_ends_of_what_floats_hold_are_refused() -> None:
    rows = blobs()
    rows[:, 1] = np.where(np.arange(450) % 2, 1.7e308, -1.7e308)
    with pytest.raises(InputError, match="number 2: the values are too large to be squared"):
        select_mixture(rows, [1, 2])


@pytest.mark.parametrize(("form", "copies"), [("frame", 1), ("table", 200)])  # 200: compiled
@pytest.mark.parametrize("kind", TYPES)
def test_a_row_whose_density_is_no_number_is_refused_by_the_column(
    kind: CovarianceType, copies: int, form: str
) -> None:
    rows = np.tile(blobs(), (copies, 1))
    model = StreamingGaussianMixture(2, covariance_type=kind, random_state=0)
    model.fit(in_form(form, blobs(), Path()))
    rows[3, 1] = -1e200
    with pytest.raises(InputError, match=r"column 'x1': -1e\+200 is too far from the mixture"):
        model.predict_proba(in_form(form, rows, Path()))
    rows[3, 1] = -1e100
    assert np.isfinite(model.predict_proba(in_form(form, rows, Path()))).all()


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("value", [7.0, 1234567.1])
def test_a_constant_column_is_fitted_with_the_regularisation_for_its_variance(
    kind: CovarianceType, value: float
) -> None:
    rows = np.column_stack([blobs(), np.full(450, value)])
    model = StreamingGaussianMixture(2, covariance_type=kind, random_state=0).fit(rows)
    mixture = fitted(model)
    np.testing.assert_allclose(mixture.means[:, 2], value, rtol=1e-15)
    if kind in ("full", "tied"):
        np.testing.assert_allclose(mixture.covariances[:, 2, 2], 1e-6, rtol=1e-6)
        np.testing.assert_allclose(mixture.covariances[:, 2, :2], 0, atol=1e-9)
    if kind == "diag":
        np.testing.assert_allclose(mixture.covariances[:, 2], 1e-6, rtol=1e-6)
    assert sorted(np.bincount(model.predict(rows))) == [150, 300]


@pytest.mark.parametrize("kind", ["full", "tied", "diag"])
def test_a_constant_column_without_regularisation_is_refused(kind: CovarianceType) -> None:
    rows = np.column_stack([blobs(), np.full(450, 7.0)])
    with pytest.raises(ValueError, match="singular"):
        StreamingGaussianMixture(2, covariance_type=kind, reg_covar=0, random_state=0).fit(rows)


@pytest.mark.parametrize("data", ["frame", "table", "array"])
def test_a_selection_with_a_constant_column_is_refused_by_name(data: str) -> None:
    rows: Any = np.column_stack([blobs(), np.full(450, 0.1)])
    name = "number 3" if data == "array" else "'x2'"
    if data != "array":
        rows = table_of(rows) if data == "table" else table_of(rows).to_pandas()
    with pytest.raises(InputError, match=f"column {name}: every row has the same value"):
        select_mixture(rows, [1, 2])
