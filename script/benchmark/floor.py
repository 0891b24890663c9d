"""What an EM iteration cannot do without on this machine: two matrix products, and exp.

The log-densities of all components are one product, phi W^T, and the statistics another,
R^T phi, where phi (n, D) lists a row's squares, cross products (if covariances are full), the row
itself and 1. In between, one exp for each row and component. Everything stays in cache here;
expanding rows to phi, reading them, and the sums around exp come on top for whoever really fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import numpy as np
from joblib import cpu_count
from threadpoolctl import threadpool_limits

from script.benchmark.exponential import Exponential, exponentials
from script.benchmark.items import Item

BLOCKS = (128, 256, 512)  # rows whose phi stays in cache; the best is taken
CALL_ROWS = 4096  # rows a call of NumPy: shorter ones would measure how threads wait for the GIL
CALL_NUMBERS = 2**14  # numbers a call of exp
TRIES = 10
CORES: int = cpu_count()


@dataclass(frozen=True)
class Floor:
    """Seconds per iteration, with all cores."""

    products: float
    exponentials: float

    @property
    def seconds(self) -> float:
        """Of both."""
        return self.products + self.exponentials

    def least(self, other: Floor) -> Floor:
        """Part by part: a floor that other programs slowed down is none."""
        return Floor(min(self.products, other.products), min(self.exponentials, other.exponentials))


def floor(item: Item) -> Floor:
    """The least of a few tries, one BLAS thread on each core."""
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(CORES) as pool:
        return Floor(
            _least(pool, item.rows, CALL_ROWS, [partial(_products, item, b) for b in BLOCKS]),
            _least(
                pool,
                item.rows * item.components,
                CALL_NUMBERS,
                [partial(_exponentials, e) for e in exponentials()],
            ),
        )


def _expanded(item: Item) -> int:
    """D, the length of phi."""
    d = item.features
    return (d * (d + 1) // 2 if item.covariance_type == "full" else d) + d + 1


def _least(
    pool: ThreadPoolExecutor,
    amount: int,
    each: int,
    ways: Iterable[Callable[[], Callable[[], None]]],
) -> float:
    """Seconds for `amount` in calls of `each`, shared out among the cores, the best way."""
    calls = max(1, round(amount / CORES / each))
    least = float("inf")
    for way in ways:
        works = [way() for _ in range(CORES)]  # each core has memory of its own
        for _ in range(TRIES):
            begin = perf_counter()
            list(pool.map(lambda work: [work() for _ in range(calls)], works))
            least = min(least, perf_counter() - begin)
    return least * (amount / (calls * each * CORES))


def _products(item: Item, block: int) -> Callable[[], None]:
    """Both products for CALL_ROWS rows: over and over the same phi, which the cache then holds."""
    rng = np.random.default_rng(0)
    k, size, repeats = item.components, _expanded(item), CALL_ROWS // block
    phi = np.broadcast_to(rng.normal(size=(size, block)), (repeats, size, block))
    weights = rng.normal(size=(k, size))
    densities = np.empty((repeats, k, block))
    statistics = np.empty((repeats, size, k))

    def work() -> None:
        np.matmul(weights, phi, out=densities)
        np.matmul(phi, densities.transpose(0, 2, 1), out=statistics)

    return work


def _exponentials(exponential: Exponential) -> Callable[[], None]:
    values = np.random.default_rng(0).uniform(-50, 0, CALL_NUMBERS)
    results = np.empty_like(values)

    def work() -> None:
        exponential(values, results)

    return work
