"""Passes over the rows: by which kernel, on how many threads, added up in which order.

Threads take whole chunks, and the sums of the chunks are added in the order of the rows: the
result has the same bits whatever the number of threads.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator, Sequence
from importlib import import_module
from types import ModuleType

import numpy as np

from include.gmm.errors import InputError
from include.gmm.mixture.em import kernel as numpy_kernel
from include.gmm.mixture.em.kernel import LogDensity
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.source import CHUNK_ROWS, Chunk, Source, column_name
from include.gmm.mixture.workers import Workers

# Multiplications from which on it pays to load the compiled kernel, or even to compile it: NumPy
# takes some seconds for them.
WORTH_COMPILING = 1e9

log = logging.getLogger(__name__)


def accumulate(
    source: Source,
    densities: Sequence[LogDensity],
    workers: Workers,
    kernel: ModuleType,
) -> list[tuple[Array, Array]]:
    """One pass: log-likelihoods (G,) and statistics (M, D) for each of the densities."""
    prepared = [kernel.prepare(density) for density in densities]

    def collect(chunk: Chunk) -> list[tuple[Array, Array]]:
        return [kernel.accumulate(*chunk, density) for density in prepared]

    parts = workers.over(collect, source.chunks())
    sums = next(parts)
    for part in parts:
        for (log_likelihoods, statistics), (more, others) in zip(sums, part, strict=True):
            log_likelihoods += more
            statistics += others
    return sums


def choose_kernel(multiplications: float, *, or_loaded: bool = False) -> ModuleType:
    """The compiled kernel for work that is worth it, where it can be had; else the NumPy one.

    The size of the work alone decides, so that the same fit has the same bits in every process;
    with or_loaded, a compiled kernel that costs nothing any more is taken for small work, too.
    """
    loaded = or_loaded and _compiled.cache_info().currsize > 0
    return _compiled() if loaded or multiplications >= WORTH_COMPILING else numpy_kernel


@functools.cache
def _compiled() -> ModuleType:
    try:
        return import_module("include.gmm.mixture.em.compiled")
    except (ImportError, RuntimeError) as error:  # no numba, or nowhere to keep what it compiles
        log.warning("Mixtures are fitted by NumPy, several times more slowly: %s", error)
        return numpy_kernel


def memberships(
    source: Source,
    density: LogDensity,
    workers: Workers,
    kernel: ModuleType,
    into: tuple[Array, Array] | None = None,
) -> Iterator[tuple[Array, Array]]:
    """Responsibilities (m, K) and log-densities (m,) chunk by chunk, in the order of the rows.

    `into`, arrays (n, K) and (n,) for all rows, are filled in where they are given.
    Raises InputError that names the column of a row so far away that its density is no number.
    """
    prepared = kernel.prepare(density)

    def score(numbered: tuple[int, Chunk]) -> tuple[Array, Array]:
        number, chunk = numbered
        if into is None:
            found = np.empty((len(chunk.rows), len(density.matrix))), np.empty(len(chunk.rows))
        else:
            place = slice(number * CHUNK_ROWS, number * CHUNK_ROWS + len(chunk.rows))
            found = into[0][place], into[1][place]
        kernel.memberships(chunk.rows, prepared, *found)
        _refuse_beyond_floats(chunk.rows, found[1], density.centre, source.names)
        return found

    yield from workers.over(score, enumerate(source.chunks()))


def _refuse_beyond_floats(
    rows: Array, log_densities: Array, centre: Array, names: list[str] | None
) -> None:
    wrong = np.flatnonzero(~np.isfinite(log_densities))
    if len(wrong):
        row = rows[wrong[0]]
        column = int(np.abs(row / 2 - centre / 2).argmax())  # in halves: no difference is too large
        raise InputError(
            f"column {column_name(names, column)}: {row[column]:g} is too far from the mixture for "
            "its density to be a number; correct it, or leave that row out"
        )
