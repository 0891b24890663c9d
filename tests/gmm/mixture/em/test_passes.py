"""Passes over the rows: the same result on every number of threads and in pieces of every size."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest

from include.gmm.mixture.em import kernel as numpy_kernel
from include.gmm.mixture.em.kernel import LogDensity, log_density
from include.gmm.mixture.em.passes import accumulate, memberships
from include.gmm.mixture.parameters import Array, stack
from include.gmm.mixture.rows.source import CHUNK_ROWS, Chunk, InMemory
from include.gmm.mixture.workers import Workers, threads
from tests.gmm.mixture.examples import assert_near, compiled_kernel, rows_of, some_parameters

N = 3 * CHUNK_ROWS + 1_001


@pytest.fixture(params=["numpy", "compiled"])
def kernel(request: pytest.FixtureRequest) -> ModuleType:
    if request.param == "numpy":
        return numpy_kernel
    return compiled_kernel()


@pytest.fixture(scope="module")
def source() -> InMemory:
    rng = np.random.default_rng(0)
    rows = rows_of(some_parameters(3, 3, "full", 1), N, 2)
    return InMemory(rows, rng.uniform(0, 1, rows.shape), None, rng.uniform(0, 2, N))


@pytest.fixture
def densities(source: InMemory) -> list[LogDensity]:
    centre = source.rows.mean(axis=0)
    full = stack([some_parameters(k, 3, "full", k) for k in (2, 4)])
    return [log_density(full, centre), log_density(some_parameters(3, 3, "diag", 3), centre)]


@dataclass
class InPieces(InMemory):
    """Rows handed out in chunks so many times as large."""

    factor: float = 1.0

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        yield from super().chunks(round(rows * self.factor))


def assert_same_sums(
    found: list[tuple[Array, Array]], expected: list[tuple[Array, Array]], within: float
) -> None:
    for some, others in zip(found, expected, strict=True):
        for one, other in zip(some, others, strict=True):
            assert_near(one, other, within)


def test_a_pass_adds_up_all_rows_for_every_density(
    source: InMemory, densities: list[LogDensity], kernel: ModuleType
) -> None:
    found = accumulate(source, densities, Workers(), kernel)
    expected = [
        numpy_kernel.accumulate(source.rows, source.cells, source.sample_weight, density)
        for density in densities
    ]
    assert_same_sums(found, expected, 1e-10)


def test_sums_have_the_same_bits_on_every_number_of_threads(
    source: InMemory, densities: list[LogDensity], kernel: ModuleType
) -> None:
    results = []
    for n_threads in (1, 2, 3):
        with threads(n_threads) as workers:
            results.append(accumulate(source, densities, workers, kernel))
    for found in results[1:]:
        assert_same_sums(found, results[0], 0)


@pytest.mark.parametrize("factor", [0.01, 0.3, 10])
def test_sums_do_not_depend_on_the_size_of_the_chunks(
    source: InMemory, densities: list[LogDensity], kernel: ModuleType, factor: float
) -> None:
    pieces = InPieces(source.rows, source.cells, None, source.sample_weight, factor=factor)
    found = accumulate(pieces, densities, Workers(), kernel)
    assert_same_sums(found, accumulate(source, densities, Workers(), kernel), 1e-10)


@pytest.mark.parametrize("size", [1, 50, 1_000])
def test_sums_do_not_depend_on_the_size_of_the_blocks(
    source: InMemory, densities: list[LogDensity], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = InMemory(source.rows[:3_000])
    expected = accumulate(few, densities, Workers(), numpy_kernel)
    monkeypatch.setattr(numpy_kernel, "BLOCK_ROWS", size)
    assert_same_sums(accumulate(few, densities, Workers(), numpy_kernel), expected, 1e-10)


@pytest.mark.parametrize("n_threads", [1, 3])
def test_memberships_come_chunk_by_chunk_in_the_order_of_the_rows(
    source: InMemory, densities: list[LogDensity], kernel: ModuleType, n_threads: int
) -> None:
    expected = np.empty((N, 3)), np.empty(N)
    numpy_kernel.memberships(source.rows, densities[1], *expected)

    with threads(n_threads) as workers:
        parts = list(memberships(source, densities[1], workers, kernel))

    assert [len(part[1]) for part in parts] == [CHUNK_ROWS] * 3 + [1_001]
    for at in (0, 1):
        found = np.concatenate([part[at] for part in parts])
        np.testing.assert_allclose(found, expected[at], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("n_threads", [1, 3])
def test_memberships_fill_in_what_they_are_given(
    source: InMemory, densities: list[LogDensity], kernel: ModuleType, n_threads: int
) -> None:
    into = np.full((N, 3), np.nan), np.full(N, np.nan)

    with threads(n_threads) as workers:
        parts = list(memberships(source, densities[1], workers, kernel, into))
        apart = list(memberships(source, densities[1], workers, kernel))

    for at in (0, 1):
        np.testing.assert_array_equal(into[at], np.concatenate([part[at] for part in apart]))
        assert all(np.shares_memory(part[at], into[at]) for part in parts)
