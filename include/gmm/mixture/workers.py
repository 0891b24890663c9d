"""Threads that take chunks of rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import batched, islice

from joblib import cpu_count
from threadpoolctl import threadpool_limits

from include.gmm.errors import InputError


@contextmanager
def threads(n_jobs: int | None = None) -> Iterator[Workers]:
    """Workers for passes over rows, with BLAS held to one thread in each of them."""
    if n_jobs == 0:
        raise InputError("n_jobs: 0; a number of threads, or None for all processors")
    n_threads = cpu_count() if n_jobs is None or n_jobs < 0 else n_jobs
    with threadpool_limits(1, user_api="blas"):
        if n_threads == 1:
            yield Workers()
            return
        with ThreadPoolExecutor(n_threads) as pool:
            yield Workers(pool, n_threads)


class Workers:
    """Threads that take chunks; results come in the order of the chunks.

    Without a pool, the calling thread does the work.
    """

    def __init__(self, pool: ThreadPoolExecutor | None = None, n_threads: int = 1) -> None:
        self._pool = pool
        self.n_threads = n_threads

    def over[T, R](self, work: Callable[[T], R], chunks: Iterable[T]) -> Iterator[R]:
        """`work` of every chunk. Few chunks wait at a time: they may come from a file."""
        if self._pool is None:
            yield from map(work, chunks)
            return
        pending: deque[Future[list[R]]] = deque()
        for group in self._groups(chunks):
            pending.append(self._pool.submit(lambda group: [work(chunk) for chunk in group], group))
            if len(pending) > 2 * self.n_threads:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()

    def _groups[T](self, chunks: Iterable[T]) -> Iterator[tuple[T, ...]]:
        """Chunks one by one while there may be few of them, then several to hand over at once:
        a chunk of few columns takes little longer than waking up a thread for it.
        """
        left = iter(chunks)
        yield from batched(islice(left, 8 * self.n_threads), 1)
        yield from batched(left, 4)
