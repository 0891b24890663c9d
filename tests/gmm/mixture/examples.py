"""Mixtures, rows and climbs for the tests of the mixture engine."""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import get_args

import numpy as np
import pytest

from include.gmm.mixture.em import kernel as numpy_kernel
from include.gmm.mixture.em.climb import Climb, climb_together
from include.gmm.mixture.parameters import Array, CovarianceType, Parameters, has_cross_products
from include.gmm.mixture.rows.source import InMemory
from include.gmm.mixture.workers import Workers

TYPES: tuple[CovarianceType, ...] = get_args(CovarianceType)


def compiled_kernel() -> ModuleType:
    """The compiled kernel; a skip where there is none, or no place to keep what is compiled."""
    try:
        from include.gmm.mixture.em import compiled
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"no compiled kernel here: {error}", allow_module_level=True)
    return compiled


def some_parameters(k: int, d: int, kind: CovarianceType, seed: int) -> Parameters:
    """A random mixture of covariances that are neither thin nor far apart."""
    rng = np.random.default_rng(seed)
    weights, means = rng.dirichlet(np.full(k, 3.0)), 2 * rng.normal(size=(k, d))
    roots = rng.normal(size=(k, d, d))
    covariances = roots @ roots.transpose(0, 2, 1) + np.eye(d)
    if kind == "tied":
        covariances = np.repeat(covariances[:1], k, axis=0)
    if not has_cross_products(kind):
        covariances = np.einsum("kii->ki", covariances)
    if kind == "spherical":
        covariances = np.repeat(covariances[:, :1], d, axis=1)
    return Parameters(weights, means, np.ascontiguousarray(covariances), (k,))


def rows_of(mixture: Parameters, n: int, seed: int) -> Array:
    """n rows (n, d) drawn from one mixture."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(len(mixture.weights), n, p=mixture.weights)
    roots = np.linalg.cholesky(matrices(mixture))
    noise = rng.normal(size=(n, mixture.means.shape[1]))
    return np.ascontiguousarray(
        mixture.means[labels] + np.einsum("nij,nj->ni", roots[labels], noise)
    )


def matrices(mixture: Parameters) -> Array:
    """Covariances (M, d, d) whatever the type."""
    if mixture.covariances.ndim == 3:
        return mixture.covariances
    return mixture.covariances[:, :, None] * np.eye(mixture.means.shape[1])


def assert_near(actual: Array, expected: Array, within: float) -> None:
    """Equal to within this share of the largest number expected."""
    largest = np.abs(expected).max()
    np.testing.assert_allclose(actual, expected, rtol=0, atol=within * largest)


def climb(
    source: Array | InMemory,
    climbs: Sequence[Climb],
    *,
    tol: float = 1e-6,
    max_iter: int = 100,
    reg_covar: float = 0.0,
    kernel: ModuleType = numpy_kernel,
    on_pass: Callable[[int, Sequence[Climb]], None] | None = None,
    collapsed: Array | None = None,
) -> None:
    """Carry mixtures up over rows (n, d) about their mean, by the calling thread."""
    source = InMemory(source) if isinstance(source, np.ndarray) else source
    weight = source.sample_weight
    climb_together(
        source,
        climbs,
        centre=np.average(source.rows, axis=0, weights=weight),
        total=float(len(source.rows) if weight is None else weight.sum()),
        reg_covar=np.full(source.n_features, reg_covar),
        tol=tol,
        max_iter=max_iter,
        workers=Workers(),
        kernel=kernel,
        on_pass=on_pass,
        collapsed=collapsed,
    )
