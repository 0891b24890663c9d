"""The compiled kernel, held to the NumPy one, and what happens where it cannot be had."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from include.gmm.mixture.em import kernel as numpy_kernel
from include.gmm.mixture.em import passes
from include.gmm.mixture.em.kernel import LogDensity, log_density
from include.gmm.mixture.em.tiles import MOST_PRODUCTS
from include.gmm.mixture.parameters import Array, CovarianceType, Parameters, stack
from include.gmm.mixture.rows.source import BLOCK_ROWS
from tests.conftest import PROJECT
from tests.gmm.mixture.examples import TYPES, assert_near, compiled_kernel, rows_of, some_parameters

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

numba = pytest.importorskip("numba", reason="numba is not installed here")
compiled = compiled_kernel()

COMPILED = "include.gmm.mixture.em.compiled"


def with_a_narrow_one(mixture: Parameters, seed: int) -> Parameters:
    """The same, its first component so narrow and far out that it is taken about its own mean."""
    rng = np.random.default_rng(seed)
    means, covariances = mixture.means.copy(), mixture.covariances.copy()
    means[0] = rng.normal(5, 1, means.shape[1])
    covariances[0] *= 1e-8
    return Parameters(mixture.weights, means, covariances, mixture.sizes)


def assert_alike(
    rows: Array, cells: Array | None, weight: Array | None, density: LogDensity
) -> None:
    log_likelihoods, statistics = compiled.accumulate(
        rows, cells, weight, compiled.prepare(density)
    )
    expected, collected = numpy_kernel.accumulate(rows, cells, weight, density)
    np.testing.assert_allclose(log_likelihoods, expected, rtol=1e-12)
    assert_near(statistics, collected, 1e-11)


@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    d=st.integers(1, 5),
    kind=st.sampled_from(TYPES),
    n=st.sampled_from([1, 2, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 2 * BLOCK_ROWS + 7]),
    rounded=st.booleans(),
    weighted=st.booleans(),
    narrow=st.booleans(),
    seed=st.integers(0, 10_000),
)
@settings(deadline=None, max_examples=80)
def test_log_likelihoods_and_statistics_are_those_of_numpy(
    sizes: list[int],
    d: int,
    kind: CovarianceType,
    n: int,
    rounded: bool,
    weighted: bool,
    narrow: bool,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    mixtures = [some_parameters(k, d, kind, seed + k) for k in sizes]
    if narrow:
        mixtures[-1] = with_a_narrow_one(mixtures[-1], seed)
    rows = rows_of(mixtures[-1], n, seed)
    density = log_density(stack(mixtures), rng.normal(size=d))
    assert len(density.own) == narrow

    assert_alike(
        rows,
        rng.uniform(0, 1e-9 if narrow else 1, rows.shape) if rounded else None,
        rng.uniform(0, 3, n) if weighted else None,
        density,
    )


@given(
    k=st.integers(1, 5),
    d=st.integers(1, 5),
    kind=st.sampled_from(TYPES),
    n=st.sampled_from([1, 2, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 2 * BLOCK_ROWS + 7]),
    narrow=st.booleans(),
    seed=st.integers(0, 10_000),
)
@settings(deadline=None, max_examples=60)
def test_memberships_and_log_densities_are_those_of_numpy(
    k: int, d: int, kind: CovarianceType, n: int, narrow: bool, seed: int
) -> None:
    mixture = some_parameters(k, d, kind, seed)
    if narrow:
        mixture = with_a_narrow_one(mixture, seed)
    rows = rows_of(mixture, n, seed)
    density = log_density(mixture, np.ones(d))
    expected, found = (np.empty((n, k)), np.empty(n)), (np.empty((n, k)), np.empty(n))

    compiled.memberships(rows, compiled.prepare(density), *found)

    numpy_kernel.memberships(rows, density, *expected)
    np.testing.assert_allclose(found[0], expected[0], rtol=0, atol=1e-13)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("kind", "k", "d"), [("full", 3, 24), ("diag", 3, 70), ("full", 500, 4), ("diag", 500, 4)]
)
def test_wide_rows_and_many_components_are_taken_in_tiles(
    kind: CovarianceType, k: int, d: int
) -> None:
    mixture = some_parameters(k, d, kind, seed=2)
    rows = rows_of(mixture, BLOCK_ROWS + 60, seed=3)
    density = log_density(mixture, rows.mean(axis=0))
    tiles, *_ = compiled.prepare(density)
    assert len(tiles) > 1
    assert tiles[0].size * BLOCK_ROWS <= MOST_PRODUCTS

    assert_alike(rows, None, None, density)


def test_a_component_without_weight_holds_no_rows() -> None:
    mixture = some_parameters(3, 2, "full", seed=1)
    idle = Parameters(np.array([0.5, 0.0, 0.5]), mixture.means, mixture.covariances, (3,))
    rows, found = rows_of(idle, 300, seed=2), (np.empty((300, 3)), np.empty(300))

    compiled.memberships(rows, compiled.prepare(log_density(idle, rows[0])), *found)

    assert found[0][:, 1].max() < 1e-300
    assert np.isfinite(found[1]).all()


def over(function: Any) -> Callable[[Array], Array]:
    """A function of the kernel over an array, compiled under the kernel's own rules."""

    def each(numbers, found):  # type: ignore[no-untyped-def]
        for i in range(len(numbers)):
            found[i] = function(numbers[i])

    loop = numba.njit(fastmath=compiled.FAST)(each)

    def of(numbers: Array) -> Array:
        found = np.empty_like(numbers)
        loop(numbers, found)
        return found

    return of


def test_exp_is_right_to_fourteen_digits_over_its_range() -> None:
    numbers = np.concatenate(
        [np.linspace(compiled.SMALLEST, 0, 200_001), -np.geomspace(1e-300, 708, 20_001)]
    )
    np.testing.assert_allclose(over(compiled._exp)(numbers), np.exp(numbers), rtol=2e-14)


def test_log_is_right_to_fourteen_digits_over_its_range() -> None:
    limits = np.finfo(np.float64)
    everywhere = np.exp(np.linspace(np.log(limits.tiny) + 1e-9, np.log(limits.max) - 1e-9, 200_001))
    near_one = 1 + np.geomspace(1e-15, 0.5, 10_001)
    numbers = np.concatenate([[limits.tiny, 1.0, limits.max], everywhere, near_one, 1 / near_one])
    np.testing.assert_allclose(over(compiled._log)(numbers), np.log(numbers), rtol=2e-14)


@pytest.fixture
def not_yet_imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delitem(sys.modules, COMPILED)
    passes._compiled.cache_clear()
    yield
    passes._compiled.cache_clear()


def assert_numpy_steps_in(caplog: pytest.LogCaptureFixture, why: str) -> None:
    with caplog.at_level(logging.INFO):
        chosen = [passes.choose_kernel(1e12) for _ in range(3)]
    assert chosen == [numpy_kernel] * 3
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert why in record.getMessage()


def test_without_numba_numpy_steps_in_and_says_so_once(
    not_yet_imported: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    assert_numpy_steps_in(caplog, "numba")


def test_with_no_place_for_what_is_compiled_numpy_steps_in_and_says_so_once(
    not_yet_imported: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # What numba finds where it may write neither beside the source nor into the user's folders.
    monkeypatch.setattr(numba.core.caching.CacheImpl, "_locator_classes", [])
    assert_numpy_steps_in(caplog, "no locator available")


def test_much_work_is_compiled() -> None:
    assert passes.choose_kernel(passes.WORTH_COMPILING) is sys.modules[COMPILED]
    assert passes.choose_kernel(0.0) is numpy_kernel
    assert passes.choose_kernel(0.0, or_loaded=True) is sys.modules[COMPILED]


def test_a_small_fit_does_not_wait_for_numba() -> None:
    fit = (
        "import sys, numpy as np\n"
        "from include.gmm.mixture import StreamingGaussianMixture\n"
        "rows = np.random.default_rng(0).normal(size=(500, 2))\n"
        "StreamingGaussianMixture(2, tol=0.1).fit(rows).predict(rows)\n"
        "assert 'numba' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", fit],
        check=True,
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
    )
