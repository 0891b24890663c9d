"""Anderson acceleration: mixtures as vectors, and where a few steps lead."""

import numpy as np
import pytest

from include.gmm.mixture.em.acceleration import MEMORY, Anderson, Coordinates
from include.gmm.mixture.parameters import (
    Array,
    CovarianceType,
    Parameters,
    degrees_of_freedom,
    precision_factors,
    stack,
)
from tests.gmm.mixture.examples import TYPES, matrices, some_parameters

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

shapes = {
    "k": st.integers(1, 4),
    "d": st.integers(1, 4),
    "kind": st.sampled_from(TYPES),
    "seed": st.integers(0, 10_000),
}


def some_scale(d: int, kind: CovarianceType, seed: int) -> Array:
    """Units of the columns, many orders of magnitude apart."""
    return np.exp(np.random.default_rng(seed).normal(0, 10, d))


def in_units(mixture: Parameters, scale: Array) -> Parameters:
    covariances = mixture.covariances
    by = np.outer(scale, scale) if covariances.ndim == 3 else scale**2
    return Parameters(mixture.weights, mixture.means * scale, covariances * by, mixture.sizes)


@given(**shapes)
@settings(deadline=None, max_examples=60)
def test_a_vector_leads_back_to_its_mixture(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    mixture, scale = some_parameters(k, d, kind, seed), some_scale(d, kind, seed)
    if kind != "spherical":  # a sphere is none in units that differ
        mixture = in_units(mixture, scale)
    coordinates = Coordinates(kind, scale)

    (vector,) = coordinates.of(mixture)
    back = coordinates.mixture(vector, mixture)

    np.testing.assert_allclose(back.weights, mixture.weights, rtol=1e-12)
    np.testing.assert_allclose(back.means, mixture.means, rtol=1e-12)
    np.testing.assert_allclose(
        matrices(in_units(back, 1 / scale)),
        matrices(in_units(mixture, 1 / scale)),
        rtol=1e-9,
        atol=1e-12 * np.abs(in_units(mixture, 1 / scale).covariances).max(),
    )
    assert back.sizes == mixture.sizes


@given(**shapes)
@settings(deadline=None, max_examples=60)
def test_every_vector_is_a_mixture_of_its_type(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    coordinates, like = Coordinates(kind, np.ones(d)), some_parameters(k, d, kind, seed)
    vector = 3 * np.random.default_rng(seed).normal(size=len(coordinates.of(like)[0]))

    mixture = coordinates.mixture(vector, like)

    assert mixture.weights.sum() == pytest.approx(1)
    assert (mixture.weights > 0).all()
    assert np.isfinite(precision_factors(mixture.covariances)).all()
    if kind == "tied":
        np.testing.assert_array_equal(mixture.covariances, mixture.covariances[:1].repeat(k, 0))
    if kind == "spherical":
        np.testing.assert_array_equal(mixture.covariances, mixture.covariances[:, :1].repeat(d, 1))


@given(**shapes)
@settings(deadline=None, max_examples=40)
def test_a_vector_has_a_number_for_every_free_parameter_and_one_for_the_sum_of_the_weights(
    k: int, d: int, kind: CovarianceType, seed: int
) -> None:
    (vector,) = Coordinates(kind, np.ones(d)).of(some_parameters(k, d, kind, seed))
    assert len(vector) == degrees_of_freedom(k, d, kind) + 1


def test_a_component_without_weight_has_finite_coordinates() -> None:
    some = some_parameters(2, 2, "full", seed=1)
    idle = Parameters(np.array([1.0, 0.0]), some.means, some.covariances, (2,))
    coordinates = Coordinates("full", np.ones(2))

    (vector,) = coordinates.of(idle)

    assert np.isfinite(vector).all()
    np.testing.assert_allclose(coordinates.mixture(vector, idle).weights, [1, 0], atol=1e-20)


@pytest.mark.parametrize("kind", TYPES)
def test_stacked_mixtures_have_the_vectors_of_each_alone(kind: CovarianceType) -> None:
    coordinates = Coordinates(kind, np.array([0.1, 10.0]))
    mixtures = [some_parameters(k, 2, kind, seed=k) for k in (3, 1, 2)]
    vectors = coordinates.of(stack(mixtures))
    for vector, mixture in zip(vectors, mixtures, strict=True):
        np.testing.assert_array_equal(vector, coordinates.of(mixture)[0])


def step(point: Array) -> Array:
    """A linear step towards (7, 2)."""
    image: Array = np.array([[0.9, 0.05], [0.02, 0.8]]) @ (point - [7, 2]) + [7, 2]
    return image


def anderson() -> Anderson:
    return Anderson("spherical", np.ones(1))


def test_there_is_no_guess_after_one_step() -> None:
    start = np.zeros(2)
    assert anderson().guess(start, step(start)) is None


def test_where_steps_are_linear_the_guess_after_as_many_as_unknowns_is_where_they_lead() -> None:
    memory, at = anderson(), np.zeros(2)
    for _ in range(3):
        image = step(at)
        guess = memory.guess(at, image)
        at = image if guess is None else guess
    np.testing.assert_allclose(at, [7, 2], rtol=1e-3)


def test_what_is_forgotten_is_not_combined() -> None:
    memory, fresh = anderson(), anderson()
    astray, start = np.array([400.0, -3.0]), np.zeros(2)
    memory.guess(astray, step(astray))

    memory.forget()

    assert memory.guess(start, step(start)) is None
    fresh.guess(start, step(start))
    then = step(start)
    guess, expected = memory.guess(then, step(then)), fresh.guess(then, step(then))
    assert guess is not None
    assert expected is not None
    np.testing.assert_array_equal(guess, expected)


def test_steps_of_long_ago_are_not_combined() -> None:
    guesses = []
    points = np.random.default_rng(0).normal(size=(MEMORY + 5, 2))
    for first in (0, 4):
        memory = anderson()
        for point in points[first:]:
            guess = memory.guess(point, step(point))
        assert guess is not None
        guesses.append(guess)
    np.testing.assert_array_equal(guesses[0], guesses[1])


def test_steps_that_stand_still_lead_nowhere() -> None:
    memory, at = anderson(), np.array([7.0, 2.0])
    memory.guess(at, at)
    guess = memory.guess(at, at)
    assert guess is not None
    np.testing.assert_array_equal(guess, at)
