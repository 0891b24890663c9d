"""Writing a snapshot: sorted rows from anywhere, hashed on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow.parquet import ParquetWriter

from include.gmm.errors import InputError
from include.gmm.settings import Features
from include.gmm.snapshot import rows as layout
from include.gmm.snapshot.gaps import Gaps
from include.gmm.snapshot.rows import FACTS, Facts, Rows


def write(
    path: Path, batches: Iterable[pa.RecordBatch], features: Features, gaps: Gaps, where: str
) -> Rows:
    """Write a snapshot.

    Parameters
    ----------
    path
        Of a file that is not there yet.
    batches
        At least one row, in order of the keys: the key, the features and the profile as float64,
        with NaN for what is missing.
    features
        The names of those columns.
    gaps
        Of all rows, some of which have a value in every feature.
    where
        Names the source of the rows in errors.

    Raises
    ------
    InputError
        If a key is there twice.
    """
    key, names = features.key, [*features.columns, *features.profile]
    hashes = next(name for n in count() if (name := f"hash{'_' * n}") not in (key, *names))
    grouped = _regrouped(batches)
    first = next(grouped)
    types = [first.schema.types[0], pa.uint64(), *first.schema.types[1:]]
    schema = pa.schema(list(zip([key, hashes, *names], types, strict=True)))
    least, last = 2**64 - 1, None
    # Numbers hardly repeat and hardly compress: plain, they are read fastest. The statistics of
    # Parquet leave NaN out, and DuckDB would take it for not there.
    with ParquetWriter(
        path, schema, compression="lz4", use_dictionary=False, write_statistics=False
    ) as writer:
        for batch in chain([first], grouped):
            keys = batch.column(0)
            _refuse_repeated(keys, last, f"{where}: key {key!r}")
            last = keys[-1]
            hashed = hashes_of(keys)
            absent = np.array([np.isnan(batch.column(name)) for name in features.columns])
            known = ~absent.any(axis=0)
            least = min(least, int(hashed.min(where=known, initial=np.uint64(least))))
            columns = [keys, pa.array(hashed), *map(batch.column, names)]
            writer.write_table(pa.table(columns, schema))
        facts = Facts(
            key=key,
            features=list(features.columns),
            profile=list(features.profile),
            gaps=gaps,
            least_hash=least,
        )
        writer.add_key_value_metadata({FACTS: facts.model_dump_json().encode()})
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
