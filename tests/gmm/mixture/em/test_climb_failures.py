"""Climbs that go astray: bad guesses, collapsed components and singular covariances."""

import contextlib

import numpy as np
import pytest

from include.gmm.mixture.em.acceleration import Anderson
from include.gmm.mixture.em.climb import Climb
from include.gmm.mixture.parameters import (
    Array,
    CovarianceType,
    Parameters,
    smallest_eigenvalue,
)
from tests.gmm.mixture.examples import TYPES, climb, some_parameters


def blobs() -> Array:
    rng = np.random.default_rng(5)
    return np.vstack([rng.normal(size=(300, 3)), rng.normal(2, 0.5, size=(200, 3))])


A_MEAN, A_LOG_DEVIATION = 2, -1  # among the coordinates of two components


class Misled(Anderson):
    """Guesses one coordinate so much further on than the step of EM, the others as they are."""

    def __init__(self, kind: CovarianceType, coordinate: int, further: float) -> None:
        super().__init__(kind, np.ones(3))
        self.coordinate, self.further, self.forgotten = coordinate, further, 0

    def guess(self, point: Array, image: Array) -> Array | None:
        super().guess(point, image)
        guess = image.copy()
        guess[self.coordinate] += self.further
        return guess

    def forget(self) -> None:
        super().forget()
        self.forgotten += 1


@pytest.mark.parametrize("further", [2.0, -2.0, 1e4, -1e4, np.nan])
@pytest.mark.parametrize("coordinate", [A_MEAN, A_LOG_DEVIATION])
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_guess_that_is_worse_or_no_mixture_is_taken_back(
    kind: CovarianceType, coordinate: int, further: float
) -> None:
    rows, start, misled = blobs(), some_parameters(2, 3, kind, 1), Misled(kind, coordinate, further)
    plain, astray = Climb(start, kind), Climb(start, kind, anderson=misled)

    climb(rows, [plain], tol=1e-5, reg_covar=1e-9)
    climb(rows, [astray], tol=1e-5, reg_covar=1e-9, max_iter=1_000, collapsed=np.full(3, 1e-6))

    assert astray.failure == ""
    assert astray.converged
    assert misled.forgotten > 0
    np.testing.assert_allclose(astray.objectives, plain.objectives, rtol=1e-12)
    np.testing.assert_allclose(astray.image.means, plain.image.means, rtol=1e-12)


def with_copies(kind: CovarianceType, *, anderson: bool) -> tuple[Array, Climb, Climb]:
    """Rows, and two climbs: of one, a component is left with 50 copies of one row."""
    rng = np.random.default_rng(0)
    rows = np.vstack([np.zeros((50, 2)), rng.normal(5, 1, (100, 2))])
    sound = some_parameters(1, 2, kind, 1)
    thin = Parameters(
        np.array([0.3, 0.7]),
        np.array([[0.0, 0.0], [5.0, 5.0]]),
        np.concatenate([sound.covariances * 0.01, sound.covariances]),
        (2,),
    )
    lost, kept = (
        Climb(start, kind, anderson=Anderson(kind, rows.std(axis=0)) if anderson else None)
        for start in (thin, sound)
    )
    return rows, lost, kept


@pytest.mark.parametrize("anderson", [False, True])
@pytest.mark.parametrize("kind", ["full", "diag", "spherical"])
def test_a_component_that_collapses_ends_its_climb_and_the_others_go_on(
    kind: CovarianceType, anderson: bool
) -> None:
    rows, lost, kept = with_copies(kind, anderson=anderson)

    climb(rows, [lost, kept], reg_covar=1e-6, collapsed=np.full(2, 1e-5))

    assert "collapsed" in lost.failure
    assert not lost.converged
    assert lost.passes < 10
    assert kept.converged
    assert not kept.failure


@pytest.mark.parametrize("kind", ["full", "diag", "spherical"])
def test_a_climb_goes_the_same_way_whatever_collapses_beside_it(kind: CovarianceType) -> None:
    rows, start = blobs(), some_parameters(2, 3, kind, 1)
    empty = Parameters(start.weights, start.means * [[1.0], [1e3]], start.covariances, (2,))
    lost, in_company, alone = (
        Climb(mixture, kind, anderson=Anderson(kind, rows.std(axis=0)))
        for mixture in (empty, start, start)
    )

    climb(rows, [lost, in_company], reg_covar=1e-9, collapsed=np.full(3, 1e-6))
    climb(rows, [alone], reg_covar=1e-9, collapsed=np.full(3, 1e-6))

    assert "collapsed" in lost.failure
    assert alone.converged
    np.testing.assert_allclose(in_company.objectives, alone.objectives, rtol=1e-10)


@pytest.mark.parametrize("kind", TYPES)
def test_what_counts_as_collapsed_is_the_variance_along_the_thinnest_axis(
    kind: CovarianceType,
) -> None:
    axes = np.eye(3) if kind in ("diag", "spherical") else np.tri(3)
    rows = np.random.default_rng(2).normal(size=(300, 3)) @ axes * [1.0, 10.0, 100.0]
    unit = np.ones(3) if kind == "spherical" else np.array([1.0, 10.0, 100.0])
    one = Climb(some_parameters(1, 3, kind, 1), kind)
    climb(rows, [one])
    smallest = smallest_eigenvalue(one.image, unit)

    for share, failure in ((0.999, ""), (1.001, "a component collapsed")):
        again = Climb(one.image, kind)
        climb(rows, [again], collapsed=share * smallest * unit**2)
        assert again.failure == failure


@pytest.mark.parametrize("anderson", [False, True])
@pytest.mark.parametrize("kind", ["full", "diag", "spherical"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_singular_covariance_fails_that_climb_alone(kind: CovarianceType, anderson: bool) -> None:
    rows, lost, kept = with_copies(kind, anderson=anderson)

    climb(rows, [lost, kept])

    assert "singular" in lost.failure
    assert not lost.converged
    assert kept.converged
    assert not kept.failure


@pytest.mark.parametrize("anderson", [False, True])
@pytest.mark.parametrize("kind", ["full", "diag", "spherical"])
@pytest.mark.filterwarnings("error")
def test_a_singular_covariance_is_told_without_warnings(
    kind: CovarianceType, anderson: bool
) -> None:
    rows, lost, _ = with_copies(kind, anderson=anderson)
    with contextlib.suppress(np.linalg.LinAlgError):
        climb(rows, [lost])


def test_a_component_without_weight_leaves_log_likelihood_and_entropy_as_they_are() -> None:
    rows, two = blobs(), some_parameters(2, 3, "full", 1)
    third = some_parameters(1, 3, "full", 2)
    idle = Parameters(
        np.append(two.weights, 0.0),
        np.vstack([two.means, third.means]),
        np.concatenate([two.covariances, third.covariances]),
        (3,),
    )
    plain, with_idle = Climb(two, "full"), Climb(idle, "full")
    climb(rows, [plain], max_iter=1)
    climb(rows, [with_idle], max_iter=1)
    assert with_idle.log_likelihood == pytest.approx(plain.log_likelihood)
    assert with_idle.entropy == pytest.approx(plain.entropy)
