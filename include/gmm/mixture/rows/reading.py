"""What users hand over as data, made readable in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.dataset
from pyarrow.parquet import ParquetFile

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.resolution import find_steps
from include.gmm.mixture.rows.source import CHUNK_ROWS, InMemory, Source, Stream, column_name

BATCH_ROWS = 8 * CHUNK_ROWS  # what is asked of a stream at a time
READ_BYTES = 1 << 20  # of a column of a Parquet file

# How wide the cells are to which values were rounded: for every column (d,), for every value
# (n, d), a function of rows (n, d) to widths (n, d), or "auto" for what the values themselves show.
Resolution = Array | Callable[[Array], Array] | Literal["auto"] | None


def as_source(
    data: Any,
    resolution: Resolution = None,
    sample_weight: Array | None = None,
    names: list[str] | None = None,
) -> Source:
    """Rows to pass over, from an array (n, d) of finite float64 or from what `open_stream` takes.

    sample_weight (n,); names of the columns of an array. Raises InputError where the resolution
    does not fit the data.
    """
    source: Source
    opened = open_stream(data)
    if opened is None:
        source = InMemory(data, sample_weight=sample_weight, names=names)
    else:
        source = Stream(*opened, sample_weight=sample_weight)
    if isinstance(resolution, str):
        steps = find_steps(source)
        source.cell_variance = _variance(steps) if steps.any() else None
    elif callable(resolution):
        if isinstance(source, Stream):
            source.cells = lambda rows: _variance(resolution(rows))
        else:
            source.cells = _variance(resolution(source.rows))
    elif resolution is not None:
        widths = np.asarray(resolution, np.float64)
        _check_widths(widths, source)
        if widths.ndim == 1:
            source.cell_variance = _variance(widths)
        else:
            source.cells = _variance(widths)
    return source


def checked(data: Any) -> tuple[Any, list[str] | None]:
    """Arrays and frames as float64 (n, d), with names of columns; streams as they are.

    Raises InputError that names the column with text, missing or infinite values.
    """
    if open_stream(data) is not None:
        return data, None
    names = [str(name) for name in data.columns] if hasattr(data, "columns") else None
    try:
        rows = np.ascontiguousarray(data, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"the rows are not all numbers: {error}") from error
    if rows.ndim != 2 or rows.size == 0:
        raise InputError(f"rows and columns are needed; the data have the shape {rows.shape}")
    wrong = np.flatnonzero(~np.isfinite(rows).all(axis=0))
    if len(wrong):
        columns = ", ".join(column_name(names, at) for at in wrong)
        raise InputError(f"column {columns}: a value is missing, NaN or infinite")
    return rows, names


def _variance(widths: Array) -> Array:
    """That of a uniform distribution over a cell (Sheppard's correction): width^2 / 12."""
    variance: Array = np.ascontiguousarray(np.square(widths) / 12)
    return variance


def _check_widths(widths: Array, source: Source) -> None:
    shapes = [(source.n_features,)]
    if isinstance(source, InMemory):
        shapes.append(source.rows.shape)
    if widths.shape not in shapes:
        raise InputError(
            f"resolution: has the shape {widths.shape}; it needs {' or '.join(map(str, shapes))}, "
            "a width for every column"
        )
    if not (np.isfinite(widths).all() and (widths >= 0).all()):
        raise InputError("resolution: widths must be finite numbers, none below 0")


def open_stream(data: Any) -> tuple[Callable[[], Iterable[pa.RecordBatch]], list[str], str] | None:
    """How to read `data` as Arrow batches, its columns, and what to call it; None for arrays.

    A path of a Parquet file or folder, a pyarrow dataset, or anything with the Arrow C stream
    interface (a DuckDB relation, an Arrow table). Raises InputError for what is not there, can be
    read only once, or has columns that are not numbers.
    """
    if isinstance(data, (str, PathLike)):
        path = Path(data)
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
        where = str(path)
        try:
            data = pyarrow.dataset.dataset(path, format="parquet")
        except (OSError, pa.ArrowInvalid) as error:
            raise InputError(f"{where}: not Parquet: {error}") from error
    elif isinstance(data, (pa.RecordBatchReader, Iterator)):
        raise InputError(
            f"{type(data).__name__} can be read only once, and EM reads the rows many times: "
            "hand over what it reads from (a file, a dataset, a relation), or an array"
        )
    else:
        where = type(data).__name__

    opened: Callable[[], Iterable[pa.RecordBatch]]
    if isinstance(data, pyarrow.dataset.Dataset):
        schema, opened = data.schema, partial(_batches, data)
    elif hasattr(data, "__arrow_c_stream__") and not _is_frame(data):
        reader = getattr(data, "to_arrow_reader", None)  # DuckDB's, in batches of a given size

        def read() -> pa.RecordBatchReader:
            return reader(BATCH_ROWS) if reader else pa.RecordBatchReader.from_stream(data)

        schema = read().schema
        opened = read
    else:
        return None
    _demand_numbers(schema, where)
    return opened, list(schema.names), where


def _batches(dataset: pyarrow.dataset.Dataset) -> Iterator[pa.RecordBatch]:
    """Piece by piece: by default pyarrow reads whole row groups, and the next ones, ahead."""
    for fragment in dataset.get_fragments():
        if isinstance(fragment, pyarrow.dataset.ParquetFileFragment):
            with fragment.filesystem.open_input_file(fragment.path) as file:
                pieces = ParquetFile(file, pre_buffer=False, buffer_size=READ_BYTES)
                yield from pieces.iter_batches(BATCH_ROWS, columns=dataset.schema.names)
        else:
            yield from fragment.to_batches(dataset.schema, batch_size=BATCH_ROWS, batch_readahead=1)


def _is_frame(data: Any) -> bool:
    """A frame lies in memory already: scikit-learn checks it and keeps its column names."""
    return hasattr(data, "iloc")


def _demand_numbers(schema: pa.Schema, where: str) -> None:
    bad = [
        f"{field.name!r} ({field.type})"
        for field in schema
        if not (
            pa.types.is_integer(field.type)
            or pa.types.is_floating(field.type)
            or pa.types.is_boolean(field.type)
            or pa.types.is_decimal(field.type)
        )
    ]
    if bad:
        raise InputError(
            f"{where}: column {', '.join(bad)} is not of numbers; leave it out, for instance by a "
            "DuckDB relation that selects the others"
        )
