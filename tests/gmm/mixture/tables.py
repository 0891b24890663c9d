"""The same rows in every form in which users may hand them over."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

from include.gmm.mixture.parameters import Array

FORMS = ("array", "frame", "table", "file", "folder", "dataset", "filtered", "relation")


def blobs(seed: int = 0) -> Array:
    """450 rows (450, 2) in two clouds that lie well apart."""
    rng = np.random.default_rng(seed)
    return np.vstack([rng.normal(-2, 1, (300, 2)), rng.normal(3, 0.7, (150, 2))])


def names(rows: Array) -> list[str]:
    """What the columns are called in every form that has names."""
    return [f"x{place}" for place in range(rows.shape[1])]


def table_of(rows: Array) -> pa.Table:
    """An Arrow table with a column for each of the rows'."""
    return pa.table(dict(zip(names(rows), rows.T, strict=True)))


def in_form(form: str, rows: Array, folder: Path) -> Any:
    """The rows as an array, a frame, ...: one of FORMS. Files are written into the folder."""
    return _FORMS[form](rows, folder)


def _file(rows: Array, folder: Path) -> Path:
    path = folder / "rows.parquet"
    pyarrow.parquet.write_table(table_of(rows), path, row_group_size=max(len(rows) // 7, 1))
    return path


def _folder(rows: Array, folder: Path) -> Path:
    """Three files of different lengths, each of several row groups."""
    parts = folder / "parts"
    parts.mkdir()
    ends = [0, len(rows) // 5, len(rows) // 5 * 3, len(rows)]
    for number, (first, end) in enumerate(pairwise(ends)):
        part = table_of(rows[first:end])
        size = max((end - first) // 3, 1)
        pyarrow.parquet.write_table(part, parts / f"{number}.parquet", row_group_size=size)
    return parts


def _filtered(rows: Array, folder: Path) -> Any:
    """A dataset that leaves out what was added to the rows."""
    beyond = float(rows[:, 0].max()) + 1
    more = np.vstack([rows[: len(rows) // 2], np.full((9, rows.shape[1]), beyond + 1)])
    more = np.vstack([more, rows[len(rows) // 2 :]])
    dataset = pyarrow.dataset.dataset(_file(more, folder))
    return dataset.filter(pyarrow.dataset.field(names(rows)[0]) < beyond)


def _relation(rows: Array, folder: Path) -> Any:
    connection = duckdb.connect()
    frame = pd.DataFrame(rows, columns=names(rows))
    return connection.from_df(frame)


_FORMS: dict[str, Callable[[Array, Path], Any]] = {
    "array": lambda rows, _: rows,
    "frame": lambda rows, _: pd.DataFrame(rows, columns=names(rows)),
    "table": lambda rows, _: table_of(rows),
    "file": _file,
    "folder": _folder,
    "dataset": lambda rows, folder: pyarrow.dataset.dataset(_folder(rows, folder)),
    "filtered": _filtered,
    "relation": _relation,
}
