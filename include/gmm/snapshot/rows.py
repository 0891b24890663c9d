"""A snapshot as a Parquet file: features sorted by key, written once and streamed again and again.

    key | hash of the key | features, float64 | columns of the profile, float64

NaN is missing. Rows in which a feature is missing are there, for they are scored as well, but
`batches` leaves them out: no mixture reads them. What is known of the whole is in the file's own
metadata.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow.parquet import ParquetFile, ParquetWriter
from pydantic import BaseModel, ConfigDict

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.reading import BATCH_ROWS, READ_BYTES
from include.gmm.snapshot.gaps import Gaps

GROUP_ROWS = 2 * BATCH_ROWS  # of a row group: what a reader of a range has to read at least
FACTS = b"gmm"  # under which the metadata has what is known of the whole


class _Facts(BaseModel):
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
    facts: _Facts

    @classmethod
    def of(cls, path: Path) -> Rows:
        """Those of a file that `write` has written."""
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        metadata = ParquetFile(path).metadata.metadata or {}
        try:
            facts = _Facts.model_validate_json(metadata[FACTS])
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
        places = None if features is None else [self.features.index(name) for name in features]
        for batch in self.range(0, self.gaps.total):
            if self.gaps.rows:
                batch = batch.take(~np.isnan(batch.values).any(axis=1))
            if places is not None:
                batch = replace(batch, values=batch.values[:, places], profile=batch.profile[:, :0])
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


def write(
    path: Path,
    batches: Iterable[pa.RecordBatch],
    key: str,
    features: Sequence[str],
    profile: Sequence[str],
    where: str,
) -> Rows:
    """Write a snapshot.

    Parameters
    ----------
    path
        Of a file that is not there yet.
    batches
        Rows in order of their keys: the key, the features and the profile as float64, with NaN for
        what is missing.
    key, features, profile
        The names of those columns.
    where
        Names the source of the rows in errors.

    Raises
    ------
    InputError
        If a key is there twice, or no row has a value in every feature.
    """
    names = [key, *features, *profile]
    hashes = next(name for n in count() if (name := f"hash{'_' * n}") not in names)
    missing, rows, gaps = np.zeros(len(features), np.int64), 0, 0
    least, last = 2**64 - 1, None
    writer: ParquetWriter | None = None
    try:
        for batch in _regrouped(batches):
            _refuse_repeated(batch.column(0), last, f"{where}: key {key!r}")
            last = batch.column(0)[-1]
            hashed = hashes_of(batch.column(0))
            absent = np.array([np.isnan(batch.column(name)) for name in features])
            lacking = absent.any(axis=0)
            missing += absent.sum(axis=1)
            rows, gaps = rows + len(hashed), gaps + int(lacking.sum())
            least = min(least, int(hashed.min(where=~lacking, initial=np.uint64(least))))
            columns = [batch.column(0), pa.array(hashed), *map(batch.column, names[1:])]
            table = pa.table(columns, [key, hashes, *names[1:]])
            if writer is None:
                # Numbers hardly repeat and hardly compress: plain, they are read fastest. The
                # statistics of Parquet leave NaN out, and DuckDB would take it for not there.
                writer = ParquetWriter(
                    path,
                    table.schema,
                    compression="lz4",
                    use_dictionary=False,
                    write_statistics=False,
                )
            writer.write_table(table)
        facts = _Facts(
            key=key,
            features=list(features),
            profile=list(profile),
            gaps=Gaps(
                gaps,
                rows,
                {name: int(n) for name, n in zip(features, missing, strict=True) if n},
            ),
            least_hash=least,
        )
        if writer is None or gaps == rows:
            raise InputError(f"{where}: no row has a value in every feature: {facts.gaps}")
        writer.add_key_value_metadata({FACTS: facts.model_dump_json().encode()})
    finally:
        if writer is not None:
            writer.close()
    return Rows.of(path)


def hashes_of(keys: pa.Array) -> NDArray[np.uint64]:
    """A number (m,) in [0, 2^64) for each key, the same wherever it comes from."""
    texts = pc.cast(keys, pa.string()).to_numpy(zero_copy_only=False)
    hashed: NDArray[np.uint64] = pd.util.hash_array(texts.astype(object), categorize=False)
    return hashed


def _regrouped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows, GROUP_ROWS at a time: the file is the same however they come."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        at = 0
        while batch.num_rows - at >= GROUP_ROWS - rows:
            waiting.append(batch.slice(at, GROUP_ROWS - rows))
            at += GROUP_ROWS - rows
            yield pa.concat_batches(waiting)
            waiting, rows = [], 0
        if at < batch.num_rows:
            waiting.append(batch.slice(at))
            rows += batch.num_rows - at
    if waiting:
        yield pa.concat_batches(waiting)


def _refuse_repeated(keys: pa.Array, before: pa.Scalar | None, what: str) -> None:
    repeated = keys[1:].filter(pc.equal(keys[1:], keys[:-1]))
    if before is not None and keys[0] == before:
        repeated = keys[:1]
    if len(repeated):
        raise InputError(
            f"{what} is not unique: {str(repeated[0])!r} is there more than once; "
            "one row per key is needed"
        )


def _side_by_side(columns: list[Any], rows: int) -> Array:
    values = np.empty((rows, len(columns)))
    for place, column in enumerate(columns):
        values[:, place] = column
    return values
