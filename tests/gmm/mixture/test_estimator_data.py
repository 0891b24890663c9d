"""StreamingGaussianMixture where it does more than scikit-learn: streams, resolution, prior."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from include.gmm.errors import InputError
from include.gmm.mixture import StreamingGaussianMixture
from include.gmm.mixture.layout import fitted
from include.gmm.mixture.parameters import Array, CovarianceType, smallest_eigenvalue
from include.gmm.mixture.rows.source import CHUNK_ROWS
from tests.gmm.mixture.examples import TYPES
from tests.gmm.mixture.tables import FORMS, blobs, in_form, table_of

FITTED = ("weights_", "means_", "covariances_")

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore:X does not have valid feature names"
)


def wide_blobs() -> Array:
    """Rows of several chunks in two clouds that lie well apart."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2 * CHUNK_ROWS + 100, 3))
    rows[::3] += 5
    return rows


def by_place(model: Any, name: str) -> Array:
    """A fitted attribute, components in the order of their means."""
    values: Array = getattr(model, name)
    tied = name == "covariances_" and model.covariance_type == "tied"
    return values if tied else values[np.argsort(model.means_[:, 0])]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("form", FORMS[1:])
def test_every_form_of_the_rows_gives_the_mixture_of_the_array(
    form: str, kind: CovarianceType, tmp_path: Path
) -> None:
    rows = blobs()
    weights = np.arange(len(rows)) % 3 + 0.5
    model = StreamingGaussianMixture(2, covariance_type=kind, random_state=0, tol=1e-12)
    model.fit(rows, sample_weight=weights)
    other = StreamingGaussianMixture(2, covariance_type=kind, random_state=0, tol=1e-12)

    other.fit(in_form(form, rows, tmp_path), sample_weight=weights)

    for name in FITTED:
        np.testing.assert_allclose(by_place(other, name), by_place(model, name), atol=1e-9)
    assert list(other.feature_names_in_) == ["x0", "x1"]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_rows_has_the_scores_of_the_array(form: str, tmp_path: Path) -> None:
    rows = wide_blobs()
    frame = in_form("frame", rows, tmp_path)
    model = StreamingGaussianMixture(2, random_state=0, max_iter=5).fit(frame)
    plain, data = model.to_sklearn(), in_form(form, rows, tmp_path)
    np.testing.assert_allclose(
        model.predict_proba(data), plain.predict_proba(frame), rtol=0, atol=1e-12
    )
    np.testing.assert_array_equal(model.predict(data), plain.predict(frame))
    assert model.score(data) == pytest.approx(plain.score(frame), rel=1e-12)
    assert model.bic(data) == pytest.approx(plain.bic(frame), rel=1e-12)


@pytest.mark.parametrize("form", ["array", "folder", "relation"])
def test_chunks_of_scores_come_in_the_order_of_the_rows(form: str, tmp_path: Path) -> None:
    rows = wide_blobs()
    model = StreamingGaussianMixture(2, random_state=0, max_iter=5).fit(rows)
    data = in_form(form, rows, tmp_path)

    chunks = list(model.iter_proba(data))

    lengths = [len(proba) for proba, _ in chunks]
    assert lengths[:-1] == [lengths[0]] * (len(lengths) - 1)
    assert len(chunks) > 1
    np.testing.assert_array_equal(np.vstack([p for p, _ in chunks]), model.predict_proba(data))
    np.testing.assert_array_equal(np.hstack([d for _, d in chunks]), model.score_samples(data))


def test_the_first_chunk_of_scores_comes_before_the_last_row_is_read() -> None:
    rows = wide_blobs()
    model = StreamingGaussianMixture(2, random_state=0, max_iter=5, n_jobs=1).fit(rows)
    rows[-1] = np.nan  # which says so when it is reached
    batches = table_of(rows).to_batches(max_chunksize=1_000)
    chunks = model.iter_proba(pa.Table.from_batches(batches))
    assert len(next(chunks)[0]) == CHUNK_ROWS
    with pytest.raises(InputError, match="NaN"):
        list(chunks)


def test_a_stream_with_what_is_no_number_is_refused_by_the_name_of_its_column() -> None:
    rows = blobs()
    model = StreamingGaussianMixture(2, random_state=0).fit(table_of(rows))
    rows[-1, 1] = np.nan
    for call in (model.fit, model.predict_proba, model.score):
        with pytest.raises(InputError, match="'x1' holds NaN or infinity"):
            call(table_of(rows))


def test_what_can_be_read_only_once_is_refused() -> None:
    model = StreamingGaussianMixture(2, random_state=0)
    for call in (model.fit, model.fit(blobs()).predict_proba):
        for once in (table_of(blobs()).to_reader(), (row for row in blobs())):
            with pytest.raises(InputError, match="only once"):
                call(once)


def test_columns_that_do_not_match_are_refused() -> None:
    table = table_of(blobs())
    for data in (table, in_form("frame", blobs(), Path())):
        model = StreamingGaussianMixture(2, random_state=0).fit(data)
        with pytest.raises(InputError, match=r"\['x0', 'y'\].*\['x0', 'x1'\]"):
            model.predict(table.rename_columns(["x0", "y"]))
        with pytest.raises(InputError, match=r"\['x1', 'x0'\].*\['x0', 'x1'\]"):
            model.predict(table.select(["x1", "x0"]))
        with pytest.raises(InputError, match="1 columns, but the mixture was fitted to 2"):
            model.predict(table.select(["x0"]))


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("wrong", [10, CHUNK_ROWS + 5, 2 * CHUNK_ROWS + 99, 2 * CHUNK_ROWS + 101])
def test_weights_of_a_stream_must_be_as_many_as_its_rows(wrong: int, n_jobs: int) -> None:
    model = StreamingGaussianMixture(2, random_state=0, n_jobs=n_jobs)
    with pytest.raises(InputError, match=f"{2 * CHUNK_ROWS + 100} rows, but {wrong} sample weight"):
        model.fit(table_of(wide_blobs()), sample_weight=np.ones(wrong))


@pytest.mark.parametrize("weight", [-1, np.nan, np.inf])
def test_weights_of_a_stream_must_be_finite_and_not_negative(weight: float) -> None:
    weights = np.append(np.ones(449), weight)
    with pytest.raises(InputError, match="sample_weight"):
        StreamingGaussianMixture(2).fit(table_of(blobs()), sample_weight=weights)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(table_of(blobs()[:0]), tmp_path / "none.parquet")
    model = StreamingGaussianMixture(2, random_state=0)
    with pytest.raises(InputError, match="no rows"):
        model.fit(tmp_path / "none.parquet")
    model.fit(table_of(blobs()))
    for call in (model.predict_proba, model.predict, model.score):
        with pytest.raises(InputError, match="no rows"):
            call(tmp_path / "none.parquet")


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("form", ["array", "table"])
def test_no_component_is_narrower_than_the_step_of_whole_numbers(
    form: str, kind: CovarianceType, tmp_path: Path
) -> None:
    rows = np.random.default_rng(0).poisson(1, (300, 2)).astype(np.float64)
    model = StreamingGaussianMixture(
        6, covariance_type=kind, resolution="auto", random_state=0, max_iter=300, reg_covar=0
    )
    model.fit(in_form(form, rows, tmp_path))
    assert smallest_eigenvalue(fitted(model), np.ones(2)) >= 1 / 12 - 1e-9


@pytest.mark.parametrize("kind", TYPES)
def test_widths_by_column_by_value_and_by_function_are_one(kind: CovarianceType) -> None:
    rows = blobs().round(1)
    ways: list[Any] = [[0.1, 0.1], np.full_like(rows, 0.1), lambda rows: np.full_like(rows, 0.1)]
    ways.append("auto")
    models = [
        StreamingGaussianMixture(2, covariance_type=kind, resolution=way, random_state=0).fit(rows)
        for way in ways
    ]
    for model in models[1:]:
        for name in FITTED:
            expected = getattr(models[0], name)
            np.testing.assert_allclose(getattr(model, name), expected, rtol=0, atol=1e-10)
    plain = StreamingGaussianMixture(2, covariance_type=kind, random_state=0).fit(rows)
    assert np.trace(np.atleast_2d(models[0].covariances_[0])) > np.trace(
        np.atleast_2d(plain.covariances_[0])
    )


def test_one_component_with_the_conjugate_prior_is_the_posterior_mode_in_closed_form() -> None:
    rows = blobs()
    n, d = rows.shape
    model = StreamingGaussianMixture(1, covariance_prior="conjugate", reg_covar=0).fit(rows)
    np.testing.assert_allclose(model.means_[0], rows.mean(axis=0), atol=1e-12)
    # Fraley and Raftery (2007): nu = d + 2, scale = the data's covariance / K^(2/d)
    scatter = np.cov(rows.T) + n * np.cov(rows.T, bias=True)
    np.testing.assert_allclose(model.covariances_[0], scatter / (d + 2 + n + d + 2), rtol=1e-12)


@pytest.mark.parametrize("kind", ["full", "diag", "spherical"])
def test_the_conjugate_prior_keeps_components_from_collapsing(kind: CovarianceType) -> None:
    rows = np.vstack([blobs(), np.tile([[9.0, 9.0]], (30, 1))])
    settings: dict[str, Any] = {"covariance_type": kind, "random_state": 0, "reg_covar": 1e-9}
    free = StreamingGaussianMixture(5, **settings).fit(rows)
    held = StreamingGaussianMixture(5, **settings, covariance_prior="conjugate").fit(rows)
    assert smallest_eigenvalue(fitted(free), np.ones(2)) < 1e-8
    # No covariance is below the prior's scale over the posterior's degrees of freedom.
    least = np.linalg.eigvalsh(np.cov(rows.T)).min() / 5 / (len(rows) * 2 + 10)
    assert smallest_eigenvalue(fitted(held), np.ones(2)) > least


@pytest.mark.parametrize("kind", TYPES)
def test_acceleration_takes_far_fewer_passes_to_as_good_an_optimum(kind: CovarianceType) -> None:
    passes = {None: 0, "anderson": 0}
    for seed in range(4):
        rng = np.random.default_rng(seed)
        rows = np.vstack([rng.normal(0, 1, (600, 2)), rng.normal(2, 1, (400, 2))])
        settings: dict[str, Any] = {"covariance_type": kind, "tol": 1e-8, "max_iter": 2_000}
        models = [
            StreamingGaussianMixture(2, **settings, random_state=0, acceleration=way).fit(rows)
            for way in passes
        ]
        assert models[1].lower_bound_ >= models[0].lower_bound_
        for way, model in zip(passes, models, strict=True):
            passes[way] += model.n_iter_
    assert passes["anderson"] < 0.7 * passes[None]


@pytest.mark.parametrize("kind", TYPES)
def test_of_several_optima_acceleration_rarely_reaches_the_lower(kind: CovarianceType) -> None:
    groups = ((0.0, 200), (1.5, 120), (-2.0, 80))  # fewer than there are components
    settings: dict[str, Any] = {"covariance_type": kind, "tol": 1e-6, "max_iter": 1_000}
    differences = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        rows = np.vstack([rng.normal(at, 1, (n, 2)) for at, n in groups])
        plain, fast = (
            StreamingGaussianMixture(4, **settings, random_state=seed, acceleration=way).fit(rows)
            for way in (None, "anderson")
        )
        differences.append(fast.lower_bound_ - plain.lower_bound_)
    higher, lower = np.greater(differences, 1e-5), np.less(differences, -1e-5)
    assert lower.sum() <= 2
    assert higher.sum() > lower.sum()


def test_a_fit_to_an_array_after_a_stream_forgets_the_names_of_columns() -> None:
    model = StreamingGaussianMixture(2, random_state=0).fit(table_of(blobs())).fit(blobs())
    assert not hasattr(model, "feature_names_in_")
