"""A frame of features as a snapshot: for files on the command line, which are read whole."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa

from include.gmm.columns import finite, nested, rows_at
from include.gmm.errors import InputError
from include.gmm.settings import Features
from include.gmm.snapshot.checks import demand_columns, demand_values, listed
from include.gmm.snapshot.gaps import Gaps
from include.gmm.snapshot.rows import Rows
from include.gmm.snapshot.writing import write


def write_frame(frame: pd.DataFrame, features: Features, into: Path, where: str) -> Rows:
    """Write the features in a frame as a snapshot.

    Parameters
    ----------
    frame
        One row per key, in any order.
    features
        Which columns, and whether rows without a value in some feature are refused.
    into
        A file that is not there yet.
    where
        Names the frame's source in errors.

    Raises
    ------
    InputError
        That names the columns at fault.
    """
    demand_columns(list(frame.columns), features, where)
    if frame.empty:
        raise InputError(f"{where}: there are no rows")
    frame = frame.reset_index(drop=True)
    _refuse_keys(frame[features.key], where)
    values = pd.DataFrame({name: finite(frame[name], where) for name in features.columns})
    profile = pd.DataFrame(
        {name: finite(frame[name], where) for name in features.profile}, index=frame.index
    )
    empty = values.isna()
    counts = {str(name): int(count) for name, count in empty.sum().items() if count}
    gaps = Gaps(int(empty.any(axis=1).sum()), len(values), counts)
    demand_values(gaps, features, where)
    order = frame[features.key].sort_values(kind="stable").index
    numbers = pd.concat([values, profile], axis=1).loc[order]
    batch = pa.RecordBatch.from_arrays(
        [
            _keys(frame[features.key].loc[order]),
            *(pa.array(numbers[name].to_numpy()) for name in numbers),
        ],
        names=[features.key, *numbers],
    )
    return write(into, [batch], features, gaps, where)


def _keys(keys: pd.Series) -> pa.Array:
    """The keys in the type that DuckDB gives them."""
    array = pa.array(keys, from_pandas=True)
    return array.cast(pa.string()) if pa.types.is_large_string(array.type) else array


def _refuse_keys(keys: pd.Series, where: str) -> None:
    """Raises InputError unless every row has a key of its own, by which rows can be told apart."""
    if kind := nested(keys):
        raise InputError(
            f"{where}: key {keys.name!r} is of type {kind}, which cannot tell rows apart; make a "
            "number or a text of it first"
        )
    if keys.isna().any():
        raise InputError(f"{where}: key {keys.name!r} is empty in {rows_at(keys.isna())}")
    repeated = keys.duplicated()
    if repeated.any():
        examples = keys[repeated].astype(str).unique()[:3].tolist()
        raise InputError(
            f"{where}: key {keys.name!r} is not unique: {repeated.sum()} repeated "
            f"rows, such as {listed(examples)}; one row per key is needed"
        )
