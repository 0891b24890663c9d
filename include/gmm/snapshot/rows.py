"""A snapshot as a Parquet file: features sorted by key, written once and streamed again and again.

    key | hash of the key | features, float64 | columns of the profile, float64

NaN is missing. Rows in which a feature is missing are there, for they are scored as well, but
`batches` leaves them out: no mixture reads them. What is known of the whole is in the file's own
metadata.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow.parquet import ParquetFile
from pydantic import BaseModel, ConfigDict

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.reading import BATCH_ROWS, READ_BYTES
from include.gmm.snapshot.gaps import Gaps

GROUP_ROWS = 2 * BATCH_ROWS  # of a row group: what a reader of a range has to read at least
FACTS = b"gmm"  # under which the metadata has what is known of the whole


class Facts(BaseModel):
    """Of all rows of a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    features: list[str]
    profile: list[str]
    gaps: Gaps
    least_hash: int


@dataclass(frozen=True)
class Batch:
    """Some rows: keys (m,), hashes of the keys (m,), values (m, d), profile (m, p)."""

    keys: pa.Array
    hashes: NDArray[np.uint64]
    values: Array
    profile: Array

    def columns(self, rows: Rows, features: Sequence[str]) -> Array:
        """The values (m, d) of these features, in this order."""
        if list(features) == rows.features:
            return self.values
        return self.values[:, [rows.features.index(name) for name in features]]

    def take(self, which: NDArray[np.bool_]) -> Batch:
        """Those rows alone."""
        return Batch(
            self.keys.filter(pa.array(which)),
            self.hashes[which],
            self.values[which],
            self.profile[which],
        )


@dataclass(frozen=True)
class Rows:
    """The rows of a snapshot, each time anew from its file.

    `sha256` is that of the file: the identity of the data. `gaps` are the rows without a value in
    some feature, out of all that are in the file.
    """

    path: Path
    sha256: str
    facts: Facts

    @classmethod
    def of(cls, path: Path) -> Rows:
        """Those of a file that `write` has written."""
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        metadata = ParquetFile(path).metadata.metadata or {}
        try:
            facts = Facts.model_validate_json(metadata[FACTS])
        except (KeyError, ValueError):
            raise InputError(f"{path}: is no snapshot of this release; take it again") from None
        return cls(path, sha256, facts)

    @property
    def key(self) -> str:
        """The name of its column."""
        return self.facts.key

    @property
    def key_type(self) -> pa.DataType:
        """That of its values."""
        return ParquetFile(self.path).schema_arrow.field(0).type

    @property
    def features(self) -> list[str]:
        """The columns that a mixture may be fitted to, in order."""
        return self.facts.features

    @property
    def profile(self) -> list[str]:
        """The columns that only describe the segments, in order."""
        return self.facts.profile

    @property
    def gaps(self) -> Gaps:
        """How many rows lack a value in some feature."""
        return self.facts.gaps

    def __len__(self) -> int:
        """How many rows `batches` hands out: those that lack no feature."""
        return self.gaps.total - self.gaps.rows

    def batches(self, features: Sequence[str] | None = None) -> Iterator[Batch]:
        """The rows that lack no feature, in order of their keys, some thousands at a time.

        features: these columns in this order, and no profile; all of them unless given.
        """
        for batch in self.range(0, self.gaps.total):
            if self.gaps.rows:
                batch = batch.take(~np.isnan(batch.values).any(axis=1))
            if features is not None:
                values = batch.columns(self, features)
                batch = replace(batch, values=values, profile=batch.profile[:, :0])
            yield batch

    def range(self, first: int, rows: int) -> Iterator[Batch]:
        """So many rows from the one with that number (from 0) on, those with gaps among them."""
        file = ParquetFile(self.path, pre_buffer=False, buffer_size=READ_BYTES)
        groups = range(first // GROUP_ROWS, -(-(first + rows) // GROUP_ROWS))
        at = groups.start * GROUP_ROWS
        for batch in file.iter_batches(BATCH_ROWS, row_groups=list(groups)):
            start, stop = max(first - at, 0), min(first + rows - at, batch.num_rows)
            at += batch.num_rows
            if start < stop:
                yield self._read(batch.slice(start, stop - start))

    def held_out(self, hashes: NDArray[np.uint64], share: float) -> NDArray[np.bool_]:
        """Which rows (m,) are kept from the fit: each key decides, so it lasts as data grows."""
        held_out: NDArray[np.bool_] = hashes < np.uint64(share * 2**64)
        # A small table has a row to be tested on, too.
        held_out |= hashes == np.uint64(self.facts.least_hash)
        return held_out

    def extent(self, features: Sequence[str] | None = None) -> tuple[Array, Array]:
        """The least and the greatest value (d,) of each feature, in a pass."""
        ends = [
            (batch.values.min(axis=0), batch.values.max(axis=0))
            for batch in self.batches(features)
            if len(batch.values)
        ]
        least, greatest = (np.array(each) for each in zip(*ends, strict=True))
        return least.min(axis=0), greatest.max(axis=0)

    def _read(self, batch: pa.RecordBatch) -> Batch:
        columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns[1:]]
        d = len(self.features) + 1
        return Batch(
            batch.column(0),
            columns[0],
            _side_by_side(columns[1:d], batch.num_rows),
            _side_by_side(columns[d:], batch.num_rows),
        )


def _side_by_side(columns: list[Any], rows: int) -> Array:
    values = np.empty((rows, len(columns)))
    for place, column in enumerate(columns):
        values[:, place] = column
    return values
