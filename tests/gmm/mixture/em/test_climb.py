"""EM on its way up: monotone, as far as scikit-learn's, and sound where guesses or climbs fail."""

import numpy as np
import pytest
from scipy.special import entr
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from include.gmm.mixture.em.acceleration import Anderson
from include.gmm.mixture.em.climb import Climb
from include.gmm.mixture.em.kernel import log_density, memberships
from include.gmm.mixture.layout import fitted
from include.gmm.mixture.parameters import Array, CovarianceType, Parameters
from include.gmm.mixture.rows.source import InMemory
from tests.gmm.mixture.examples import TYPES, assert_near, climb, matrices, rows_of, some_parameters

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402


def blobs(seed: int = 5) -> Array:
    rng = np.random.default_rng(seed)
    return np.vstack([rng.normal(size=(300, 3)), rng.normal(2, 0.5, size=(200, 3))])


def overlapping() -> Array:
    """Two groups so close that EM creeps."""
    rng = np.random.default_rng(7)
    return np.vstack([rng.normal(size=(600, 2)), rng.normal(1.5, 1, size=(400, 2))])


def accelerated(start: Parameters, kind: CovarianceType, rows: Array) -> Climb:
    return Climb(start, kind, anderson=Anderson(kind, rows.std(axis=0)))


@given(
    k=st.integers(1, 4),
    d=st.integers(1, 4),
    kind=st.sampled_from(TYPES),
    rounded=st.booleans(),
    weighted=st.booleans(),
    anderson=st.booleans(),
    reg_covar=st.sampled_from([0.0, 1e-12]),
    seed=st.integers(0, 10_000),
)
@settings(deadline=None, max_examples=60)
def test_the_objective_never_falls(
    k: int,
    d: int,
    kind: CovarianceType,
    rounded: bool,
    weighted: bool,
    anderson: bool,
    reg_covar: float,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    rows = rows_of(some_parameters(3, d, kind, seed), 200, seed)
    cells = rng.uniform(0, 0.5, rows.shape) if rounded else None
    weight = rng.uniform(0, 2, 200) if weighted else None
    start = some_parameters(k, d, kind, seed + 1)
    one = accelerated(start, kind, rows) if anderson else Climb(start, kind)

    climb(InMemory(rows, cells, None, weight), [one], tol=1e-9, max_iter=30, reg_covar=reg_covar)

    # On its way into a singular covariance (no regularisation, few rows) the digits run out.
    objectives = one.objectives[:-2] if one.failure else one.objectives
    assert len(objectives) > 1
    assert np.diff(objectives).min() >= -1e-9


@pytest.mark.parametrize("far", [0.0, 1e4])
@pytest.mark.parametrize("kind", TYPES)
def test_twenty_passes_end_where_those_of_scikit_learn_end(
    kind: CovarianceType, far: float
) -> None:
    rows = blobs() + far
    start = some_parameters(2, 3, kind, 1)
    peer = GaussianMixture(
        2,
        covariance_type=kind,
        tol=0,
        max_iter=20,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init={
            "full": np.linalg.inv(matrices(start)),
            "tied": np.linalg.inv(matrices(start)[0]),
            "diag": 1 / start.covariances,
            "spherical": 1 / start.covariances[:, 0],
        }[kind],
    )
    with pytest.warns(ConvergenceWarning):
        peer.fit(rows - far)  # the subtraction is exact, and far from 0 scikit-learn loses digits
    one = Climb(Parameters(start.weights, start.means + far, start.covariances, (2,)), kind)

    climb(rows, [one], tol=0, max_iter=20, reg_covar=1e-6)

    expected = fitted(peer)
    np.testing.assert_allclose(one.image.weights, expected.weights, rtol=1e-9)
    np.testing.assert_allclose(one.image.means - far, expected.means, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(one.image.covariances, expected.covariances, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("kind", TYPES)
def test_log_likelihood_and_entropy_are_those_of_the_parameters(kind: CovarianceType) -> None:
    rows, one = blobs(), Climb(some_parameters(3, 3, kind, 2), kind)
    climb(rows, [one], max_iter=5)
    found = np.empty((len(rows), 3)), np.empty(len(rows))
    memberships(rows, log_density(one.parameters, rows[0]), *found)
    assert one.log_likelihood == pytest.approx(found[1].sum(), rel=1e-12)
    assert one.objective == pytest.approx(found[1].mean(), rel=1e-12)
    assert one.entropy == pytest.approx(entr(found[0]).sum(), rel=1e-9)


def test_a_climb_ends_when_a_step_gains_less_than_tol() -> None:
    rows, one = blobs(), Climb(some_parameters(2, 3, "full", 1), "full")
    climb(rows, [one], tol=1e-4, max_iter=500)
    gains = np.diff(one.objectives)
    assert one.converged
    assert one.ended
    assert one.passes == len(one.objectives)
    assert gains[-1] < 1e-4
    assert (gains[:-1] >= 1e-4).all()


def test_a_climb_out_of_passes_has_not_converged() -> None:
    rows, one, told = blobs(), Climb(some_parameters(2, 3, "full", 1), "full"), []
    climb(rows, [one], tol=0, max_iter=4, on_pass=lambda number, _: told.append(number))
    assert not one.ended
    assert one.passes == 4
    assert told == [1, 2, 3, 4]


@pytest.mark.parametrize("anderson", [False, True])
def test_mixtures_of_all_types_and_sizes_climb_together_as_each_alone(anderson: bool) -> None:
    rows = blobs()
    together, alone = (
        [
            accelerated(start, kind, rows) if anderson else Climb(start, kind)
            for kind in TYPES
            for start in (some_parameters(k, 3, kind, k) for k in (2, 4))
        ]
        for _ in range(2)
    )
    climb(rows, together, tol=1e-4)
    for one in alone:
        climb(rows, [one], tol=1e-4)
    for in_company, by_itself in zip(together, alone, strict=True):
        assert in_company.passes == by_itself.passes
        assert in_company.objective == pytest.approx(by_itself.objective, rel=1e-11)
        assert_near(in_company.image.covariances, by_itself.image.covariances, 1e-9)


@pytest.mark.parametrize("kind", TYPES)
def test_anderson_climbs_as_high_in_fewer_passes(kind: CovarianceType) -> None:
    rows, start = overlapping(), some_parameters(2, 2, kind, 3)
    plain, fast = Climb(start, kind), accelerated(start, kind, rows)
    climb(rows, [plain], tol=1e-8, max_iter=5_000)
    climb(rows, [fast], tol=1e-8, max_iter=5_000)
    assert plain.converged
    assert fast.converged
    assert fast.objective >= plain.objective - 1e-8
    assert fast.passes < plain.passes / 2


class Halting(Anderson):
    """Guesses that hardly leave the place."""

    def guess(self, point: Array, image: Array) -> Array | None:
        return point + 1e-6 * (image - point)


@pytest.mark.parametrize("kind", TYPES)
def test_only_a_plain_step_that_gains_less_than_tol_ends_a_climb(kind: CovarianceType) -> None:
    rows, start = overlapping(), some_parameters(2, 2, kind, 3)
    one = Climb(start, kind, anderson=Halting(kind, np.ones(2)))
    climb(rows, [one], tol=1e-5, max_iter=1_000)
    assert one.converged
    onwards = Climb(one.parameters, kind)
    climb(rows, [onwards], max_iter=2)
    assert np.diff(onwards.objectives) < 1e-5


class Recording(Anderson):
    """Keeps what it was told last."""

    told: tuple[Array, Array] | None = None

    def guess(self, point: Array, image: Array) -> Array | None:
        self.told = point, image
        return super().guess(point, image)


@pytest.mark.parametrize("kind", TYPES)
def test_acceleration_is_told_where_every_step_began_and_where_it_led(kind: CovarianceType) -> None:
    rows, memory = overlapping(), Recording(kind, np.array([2.0, 0.5]))
    one = Climb(some_parameters(2, 2, kind, 3), kind, anderson=memory)
    checked = 0

    def check(number: int, climbs: object) -> None:
        nonlocal checked
        if memory.told is None:
            return
        for vector, mixture in zip(memory.told, (one.parameters, one.image), strict=True):
            told = memory.coordinates.mixture(vector, mixture)
            np.testing.assert_allclose(told.weights, mixture.weights, rtol=1e-9)
            assert_near(told.means, mixture.means, 1e-9)
            assert_near(told.covariances, mixture.covariances, 1e-9)
        memory.told, checked = None, checked + 1

    climb(rows, [one], tol=1e-9, max_iter=30, on_pass=check)
    assert checked > 5


@pytest.mark.parametrize("width", [1e-3, 1e-6])
@pytest.mark.parametrize("anderson", [False, True])
@pytest.mark.parametrize("kind", TYPES)
def test_tight_groups_are_found_to_the_last_digits(
    kind: CovarianceType, anderson: bool, width: float
) -> None:
    noise = np.random.default_rng(3).normal(size=(2, 100, 2))
    groups = np.array([[[-3.0, 1.0]], [[4.0, 2.0]]]) + width * noise
    rows, variances = groups.reshape(200, 2), np.ones((2, 2))
    if kind in ("full", "tied"):
        variances = np.repeat(np.eye(2)[None], 2, axis=0)
    start = Parameters(np.full(2, 0.5), groups[:, 0] * 0.9, variances, (2,))
    one = accelerated(start, kind, rows) if anderson else Climb(start, kind)

    climb(rows, [one], tol=1e-9)

    each = np.stack([np.cov(group.T, ddof=0) for group in groups])
    expected = {
        "full": each,
        "tied": np.repeat(each.mean(axis=0)[None], 2, axis=0),
        "diag": each * np.eye(2),
        "spherical": np.einsum("kii->k", each)[:, None, None] / 2 * np.eye(2),
    }[kind]
    assert one.converged
    np.testing.assert_allclose(one.image.means, groups.mean(axis=1), rtol=1e-14)
    assert_near(matrices(one.image), expected, 1e-12)
