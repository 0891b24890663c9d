"""Rows that can be read again and again, in chunks: one pass of EM reads them once.

An array lies in memory. A Parquet file, a DuckDB relation or anything else that hands out Arrow
batches is read anew on every pass, and only a few chunks of it are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array

BLOCK_ROWS = 248  # what is expanded at a time: it stays in the cache; powers of two collide in it
CHUNK_ROWS = 32 * BLOCK_ROWS  # what one thread takes at a time; sums are added chunk by chunk


class Chunk(NamedTuple):
    """rows (n, d), the variance that rounding hides (n, d) or None, sample weights (n,) or None."""

    rows: Array
    cells: Array | None
    sample_weight: Array | None


@dataclass
class InMemory:
    """An array (n, d), with cells (n, d) and weights (n,) where there are any."""

    rows: Array
    cells: Array | None = None
    cell_variance: Array | None = None
    sample_weight: Array | None = None
    names: list[str] | None = None

    @property
    def n_features(self) -> int:
        """d"""
        return int(self.rows.shape[1])

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Views into the array."""
        for start in range(0, len(self.rows), rows):
            part = slice(start, start + rows)
            yield Chunk(
                self.rows[part],
                None if self.cells is None else self.cells[part],
                None if self.sample_weight is None else self.sample_weight[part],
            )


def chunk_of(source: InMemory) -> Chunk:
    """All rows of an array as one chunk."""
    return next(source.chunks(max(len(source.rows), 1)))


def cell_variance(widths: Array) -> Array:
    """That of a uniform distribution over a cell (Sheppard's correction): width^2 / 12."""
    variance: Array = np.ascontiguousarray(np.square(widths) / 12)
    return variance


@dataclass
class Stream:
    """Arrow batches that `open` hands out anew each time, in the same order.

    `names` are the columns of the rows; `widths`, if any, those with the widths of their cells.
    """

    open: Callable[[], Iterable[pa.RecordBatch]]
    names: list[str]
    where: str
    cells: Callable[[Array], Array] | None = None  # of rows (n, d), the variances (n, d)
    cell_variance: Array | None = None
    sample_weight: Array | None = None
    widths: list[str] = field(default_factory=list)
    _finite: bool = False  # all rows were seen to be, by a pass that came to the end

    @property
    def n_features(self) -> int:
        """d"""
        return len(self.names)

    def hold_widths(self, columns: list[str]) -> None:
        """Take these columns for widths. Raises InputError unless there is one for each other."""
        names = [name for name in self.names if name not in columns]
        if not set(columns) <= set(self.names) or len(columns) != len(names):
            raise InputError(
                f"{self.where}: resolution: {columns} must be as many columns as the others, "
                f"of {self.names}"
            )
        self.names, self.widths = names, columns

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """The stream cut anew, so that results do not depend on the size of its batches.

        Raises InputError that names the column with a value that is not a finite number.
        """
        start, rest = 0, np.empty((0, len(self.names) + len(self.widths)))
        for batch in self.open():
            values = self._numbers(batch)
            if len(rest):
                values = np.concatenate([rest, values])
            whole = len(values) // rows * rows
            for at in range(0, whole, rows):
                yield from self._chunk(values[at : at + rows], start)
                start += rows
            rest = values[whole:].copy()  # not a view: it would keep the whole batch alive
        if len(rest):
            yield from self._chunk(rest, start)
            start += len(rest)
        self._finite = True
        if self.sample_weight is not None and len(self.sample_weight) != start:
            raise InputError(
                f"{self.where}: {start} rows, but {len(self.sample_weight)} sample weights"
            )

    def _chunk(self, values: Array, start: int) -> Iterator[Chunk]:
        """One chunk; none where the weights have run out, which is told at the end."""
        weight = self.sample_weight
        if weight is not None and len(weight) < start + len(values):
            return
        d = self.n_features
        rows = np.ascontiguousarray(values[:, :d])
        cells = None
        if self.widths:
            cells = cell_variance(values[:, d:])
        elif self.cells is not None:
            cells = self.cells(rows)
        yield Chunk(rows, cells, None if weight is None else weight[start : start + len(values)])

    def _numbers(self, batch: pa.RecordBatch) -> Array:
        names = [*self.names, *self.widths]
        values = np.empty((batch.num_rows, len(names)))
        for place, name in enumerate(names):
            # By their places where there are no others: names may be there twice.
            column = batch.column(name if self.widths else place)
            if column.null_count:
                raise InputError(f"{self.where}: column {name!r} has missing values")
            values[:, place] = column.to_numpy(zero_copy_only=False)
            if not self._finite and not np.isfinite(values[:, place]).all():
                raise InputError(f"{self.where}: column {name!r} holds NaN or infinity")
        return values


# Rows in a fixed order. cell_variance (d,) is what rounding hides in every row alike; `chunks`
# gives all rows, C-contiguous float64, CHUNK_ROWS at a time unless told otherwise.
Source = InMemory | Stream


def beyond_floats() -> np.errstate:
    """No warnings of numbers beyond what floats hold, as their column is told of in the end.

    Needed in each thread; also a decorator.
    """
    return np.errstate(over="ignore", invalid="ignore")


def column_name(names: list[str] | None, place: int | np.intp) -> str:
    """What to call a column in a message."""
    return repr(names[int(place)]) if names else f"number {place + 1}"
