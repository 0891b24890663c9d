"""What a fit must not depend on, and how it follows the units and the weights of its rows."""

from typing import Any

import numpy as np
import pytest

from include.gmm.mixture import StreamingGaussianMixture
from include.gmm.mixture.parameters import Array, CovarianceType
from include.gmm.mixture.rows.source import CHUNK_ROWS
from tests.gmm.mixture.examples import TYPES
from tests.gmm.mixture.tables import blobs

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

FITTED = ("weights_", "means_", "covariances_")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

seeds = st.integers(0, 10_000)
kinds = st.sampled_from(TYPES)


def few_values(seed: int) -> Array:
    """Rows (120, 2) of which some are equal, in three groups that overlap."""
    rng = np.random.default_rng(seed)
    return np.vstack([rng.normal(at, 1, (40, 2)) for at in (0, 3, 6)]).round(1)


def fit(kind: CovarianceType, rows: Array, weights: Array | None = None) -> Any:
    """A whole fit: with the default start, and the best of three."""
    model = StreamingGaussianMixture(
        3, covariance_type=kind, n_init=3, max_iter=20, random_state=0, reg_covar=1e-3
    )
    return model.fit(rows, sample_weight=weights)


def assert_alike(one: Any, other: Any, within: float = 1e-10) -> None:
    """Of whatever numbers the components are."""
    orders = [np.lexsort(model.means_.T.round(6)) for model in (one, other)]
    for name in FITTED:
        mine, yours = (
            getattr(model, name)
            if name == "covariances_" and model.covariance_type == "tied"
            else getattr(model, name)[order]
            for model, order in zip((one, other), orders, strict=True)
        )
        np.testing.assert_allclose(mine, yours, rtol=0, atol=within)
    assert one.lower_bound_ == pytest.approx(other.lower_bound_, abs=within)
    assert one.n_iter_ == other.n_iter_
    assert one.starts_agreed_ == other.starts_agreed_


@given(seed=seeds, kind=kinds)
@settings(deadline=None, max_examples=20)
def test_a_weight_of_w_counts_as_w_copies(seed: int, kind: CovarianceType) -> None:
    rows = few_values(seed)
    weights = np.random.default_rng(seed).integers(0, 4, len(rows))
    assert_alike(
        fit(kind, rows, weights.astype(np.float64)), fit(kind, rows.repeat(weights, axis=0))
    )


@given(seed=seeds, kind=kinds, far=st.sampled_from([1.0, 1e3, 1e12]))
@settings(deadline=None, max_examples=20)
def test_a_row_of_weight_zero_counts_as_none(seed: int, kind: CovarianceType, far: float) -> None:
    rows = few_values(seed)
    left_out = np.random.default_rng(seed).random(len(rows)) < 0.2
    strange = np.where(left_out[:, None], far * rows, rows)
    assert_alike(fit(kind, strange, (~left_out).astype(np.float64)), fit(kind, rows[~left_out]))


@given(seed=seeds, kind=kinds, weighted=st.booleans())
@settings(deadline=None, max_examples=25)
def test_the_order_of_rows_does_not_matter(seed: int, kind: CovarianceType, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    rows = few_values(seed)
    weights = rng.exponential(size=len(rows)) if weighted else None
    order = rng.permutation(len(rows))
    reordered = None if weights is None else weights[order]
    assert_alike(fit(kind, rows, weights), fit(kind, rows[order], reordered))


@pytest.mark.parametrize("kind", TYPES)
def test_the_order_of_rows_does_not_change_the_numbers_of_components(kind: CovarianceType) -> None:
    for seed in range(10):  # often all three starts end at the same optimum
        rows = few_values(seed)
        order = np.random.default_rng(seed).permutation(len(rows))
        means = fit(kind, rows).means_
        np.testing.assert_allclose(fit(kind, rows[order]).means_, means, rtol=0, atol=1e-10)


@pytest.mark.parametrize("method", ["score", "bic", "aic"])
def test_scores_count_a_weight_of_w_as_w_copies(method: str) -> None:
    rows = blobs()
    weights = np.arange(len(rows)) % 4
    model = StreamingGaussianMixture(2, random_state=0).fit(rows)
    weighted = getattr(model, method)(rows, sample_weight=weights.astype(np.float64))
    expected = getattr(model, method)(rows.repeat(weights, axis=0))
    assert weighted == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "weights", [np.ones(449), np.ones(451), np.zeros(450), -np.ones(450), np.full(450, np.nan)]
)
def test_weights_that_cannot_be_are_refused_by_scores_too(weights: Array) -> None:
    model = StreamingGaussianMixture(2, random_state=0).fit(blobs())
    with pytest.raises(ValueError, match=r"(?i)sample.weight"):
        model.score(blobs(), sample_weight=weights)


@pytest.mark.parametrize("kind", TYPES)
def test_threads_do_not_change_a_bit(kind: CovarianceType) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(4 * CHUNK_ROWS + 100, 3)) + rng.integers(
        0, 3, (4 * CHUNK_ROWS + 100, 1)
    )
    weights = rng.exponential(size=len(rows))
    settings: dict[str, Any] = {"covariance_type": kind, "random_state": 0, "max_iter": 8}
    models = [
        StreamingGaussianMixture(3, **settings, n_jobs=n_jobs).fit(rows, sample_weight=weights)
        for n_jobs in (1, 2, 3, -1)
    ]
    for model in models[1:]:
        for name in FITTED:
            np.testing.assert_array_equal(getattr(model, name), getattr(models[0], name))
        np.testing.assert_array_equal(model.predict_proba(rows), models[0].predict_proba(rows))
        assert model.lower_bounds_ == models[0].lower_bounds_


def test_threads_do_not_change_a_bit_of_the_compiled_kernel() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3 * CHUNK_ROWS + 100, 8)) + rng.integers(
        0, 4, (3 * CHUNK_ROWS + 100, 1)
    )
    models = [
        StreamingGaussianMixture(4, n_init=10, max_iter=30, random_state=0, n_jobs=n_jobs).fit(rows)
        for n_jobs in (1, 2)
    ]
    for name in FITTED:
        np.testing.assert_array_equal(getattr(models[0], name), getattr(models[1], name))


@given(
    seed=seeds,
    kind=kinds,
    shift=st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=2),
    powers=st.lists(st.floats(-3, 3), min_size=2, max_size=2),
)
@settings(deadline=None, max_examples=60)
def test_shifted_and_scaled_rows_give_the_shifted_and_scaled_mixture(
    seed: int, kind: CovarianceType, shift: list[float], powers: list[float]
) -> None:
    if kind == "spherical":
        powers = powers[:1] * 2  # a sphere stays one only in common units
    rows = few_values(seed) + np.random.default_rng(seed).normal(size=(120, 2)) / 10
    scale, moved = 10.0 ** np.array(powers), np.array(shift)
    start = np.array([[0.0, 0.0], [2.0, 3.0], [7.0, 5.0]])
    inverse = {
        "full": np.repeat([np.diag(scale**-2)], 3, axis=0),
        "tied": np.diag(scale**-2),
        "diag": np.repeat([scale**-2], 3, axis=0),
        "spherical": np.repeat(scale[0] ** -2, 3),
    }
    one = {
        "full": np.repeat([np.eye(2)], 3, axis=0),
        "tied": np.eye(2),
        "diag": np.ones((3, 2)),
        "spherical": np.ones(3),
    }

    def model(means: Array, precisions: Array) -> StreamingGaussianMixture:
        return StreamingGaussianMixture(
            3,
            covariance_type=kind,
            reg_covar=0,
            weights_init=np.full(3, 1 / 3),
            means_init=means,
            precisions_init=precisions,
            max_iter=15,
            tol=0,
        )

    plain = model(start, one[kind]).fit(rows)
    changed = model(start * scale + moved, inverse[kind]).fit(rows * scale + moved)

    units: dict[str, Any] = {
        "full": np.outer(scale, scale),
        "tied": np.outer(scale, scale),
        "diag": scale**2,
        "spherical": scale[0] ** 2,
    }
    within = 1e-7 * max(1, float(np.abs(moved / scale).max()))  # digits that the shift costs
    near: dict[str, Any] = {"rtol": 0, "atol": min(within, 1e-3)}
    np.testing.assert_allclose(changed.weights_, plain.weights_, **near)
    np.testing.assert_allclose((changed.means_ - moved) / scale, plain.means_, **near)
    np.testing.assert_allclose(changed.covariances_ / units[kind], plain.covariances_, **near)
    difference = plain.lower_bound_ - changed.lower_bound_
    assert difference == pytest.approx(np.log(scale).sum(), abs=near["atol"])


@pytest.mark.parametrize("kind", TYPES)
def test_a_whole_fit_of_clear_groups_follows_the_units_too(kind: CovarianceType) -> None:
    rows, scale = blobs(), np.array([1e-3, 1e-3 if kind == "spherical" else 1e4])
    settings: dict[str, Any] = {"covariance_type": kind, "random_state": 0, "reg_covar": 0}
    plain = StreamingGaussianMixture(2, **settings, tol=1e-9).fit(rows)
    changed = StreamingGaussianMixture(2, **settings, tol=1e-9).fit(rows * scale - 5)
    back = (changed.means_ + 5) / scale
    one, other = np.argsort(plain.means_[:, 0]), np.argsort(back[:, 0])
    np.testing.assert_allclose(back[other], plain.means_[one], rtol=0, atol=1e-5)
    np.testing.assert_allclose(changed.weights_[other], plain.weights_[one], rtol=0, atol=1e-6)
