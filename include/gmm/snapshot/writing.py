"""Writing a snapshot: sorted rows from anywhere, checked, hashed and counted on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow.parquet import ParquetWriter

from include.gmm.errors import InputError
from include.gmm.snapshot import rows as layout
from include.gmm.snapshot.gaps import Gaps
from include.gmm.snapshot.rows import FACTS, Facts, Rows


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
        facts = Facts(
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
    """The same rows, layout.GROUP_ROWS at a time: the file is the same however they come."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        at = 0
        while batch.num_rows - at >= layout.GROUP_ROWS - rows:
            waiting.append(batch.slice(at, layout.GROUP_ROWS - rows))
            at += layout.GROUP_ROWS - rows
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
