"""What users hand over as data, made readable in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Literal, TypeGuard

import numpy as np
import pyarrow as pa
import pyarrow.dataset
from pyarrow.parquet import ParquetFile

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.resolution import find_steps
from include.gmm.mixture.rows.source import (
    CHUNK_ROWS,
    InMemory,
    Source,
    Stream,
    cell_variance,
    column_name,
)
from include.gmm.mixture.rows.weights import checked_weights

BATCH_ROWS = 8 * CHUNK_ROWS  # what is asked of a stream at a time
READ_BYTES = 1 << 20  # of a column of a Parquet file

# How wide the cells are to which values were rounded: for every column (d,), for every value
# (n, d), a function of rows (n, d) to widths (n, d), the names of the d columns of a stream that
# hold them, in the order of the others, or "auto" for what the values themselves show.
Resolution = Array | Callable[[Array], Array] | list[str] | Literal["auto"] | None


def as_source(
    data: Any,
    resolution: Resolution = None,
    sample_weight: Array | None = None,
    names: list[str] | None = None,
) -> Source:
    """Rows to pass over, from an array (n, d) of finite float64 or from what `open_stream` takes.

    sample_weight (n,) as in weights.py; names of the columns of an array. Raises InputError where
    the resolution does not fit the data.
    """
    source: Source
    opened = open_stream(data)
    if opened is None:
        source = InMemory(
            data, sample_weight=checked_weights(sample_weight, len(data)), names=names
        )
    else:
        source = Stream(*opened, sample_weight=checked_weights(sample_weight))
    if isinstance(source, Stream) and _are_names(resolution):
        source.hold_widths(resolution)
    elif isinstance(resolution, str):
        if resolution != "auto":
            raise InputError(f"resolution: {resolution!r}; the only word that it may be is 'auto'")
        steps = find_steps(source)
        source.cell_variance = cell_variance(steps) if steps.any() else None
    elif callable(resolution):

        def cells(rows: Array) -> Array:
            return cell_variance(_checked_widths(resolution(rows), rows.shape))

        if isinstance(source, Stream):
            source.cells = cells
        else:
            source.cells = cells(source.rows)
    elif resolution is not None:
        every = source.rows.shape if isinstance(source, InMemory) else None
        widths = _checked_widths(resolution, (source.n_features,), every)
        if widths.ndim == 1:
            source.cell_variance = cell_variance(widths)
        else:
            source.cells = cell_variance(widths)
    return source


def checked(data: Any) -> tuple[Any, list[str] | None]:
    """Arrays and frames as float64 (n, d), with names of columns; streams as they are.

    Raises InputError that names the column with text, missing or infinite values.
    """
    if open_stream(data) is not None:
        return data, None
    names = None
    if _is_frame(data) and hasattr(data, "columns"):
        names = [str(name) for name in data.columns]
        _demand_numbers_of_frame(data)
    try:
        if np.asarray(data).dtype.kind not in "iufbO":
            raise TypeError(f"they are {np.asarray(data).dtype}")
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


def _are_names(resolution: Any) -> TypeGuard[list[str]]:
    given = isinstance(resolution, list) and bool(resolution)
    return given and all(isinstance(name, str) for name in resolution)


def _checked_widths(resolution: Any, *shapes: tuple[int, ...] | None) -> Array:
    try:
        widths = np.asarray(resolution, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"resolution: not all numbers: {error}") from error
    possible = [shape for shape in shapes if shape]
    if widths.shape not in possible:
        raise InputError(
            f"resolution: has the shape {widths.shape}; it needs "
            f"{' or '.join(map(str, possible))}, a width for every column"
        )
    if not (np.isfinite(widths).all() and (widths >= 0).all()):
        raise InputError("resolution: widths must be finite numbers, none below 0")
    return widths


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
    try:
        fragments = list(dataset.get_fragments())
    except ValueError:  # a filtered dataset does not hand them out
        yield from dataset.to_batches(batch_size=BATCH_ROWS, batch_readahead=1)
        return
    for fragment in fragments:
        try:
            yield from _batches_of(fragment, dataset.schema)
        except pa.ArrowInvalid as error:
            raise InputError(f"{fragment.path}: not Parquet: {error}") from error


def _batches_of(fragment: pyarrow.dataset.Fragment, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    whole = partial(fragment.to_batches, schema, batch_size=BATCH_ROWS, batch_readahead=1)
    if not isinstance(fragment, pyarrow.dataset.ParquetFileFragment):
        yield from whole()
        return
    with fragment.filesystem.open_input_file(fragment.path) as file:
        pieces = ParquetFile(file, pre_buffer=False, buffer_size=READ_BYTES)
        here, names = pieces.schema_arrow, schema.names
        inherited = pyarrow.dataset.get_partition_keys(fragment.partition_expression)
        missing = [name for name in names if name not in {*here.names, *inherited}]
        if missing:
            raise InputError(f"{fragment.path}: no column {', '.join(map(repr, missing))}")
        if inherited.keys() & set(names):  # a column in the name of the folder
            yield from whole()
            return
        _demand_numbers(pa.schema([here.field(name) for name in names]), fragment.path)
        yield from pieces.iter_batches(BATCH_ROWS, columns=names)


def _demand_numbers_of_frame(frame: Any) -> None:
    for name, column in frame.items():
        try:
            sound = column.dtype.kind not in "Mm" and len(column.to_numpy(np.float64)) >= 0
            sound = sound and not (column.dtype.kind in "iub" and column.isna().any())
        except (TypeError, ValueError):
            sound = False
        if not sound:
            raise InputError(f"column {str(name)!r}: holds text, dates or missing values")


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
