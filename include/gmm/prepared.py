"""From the rows of a snapshot to what a mixture is fitted to: transformed, standardised, in a file.

EM passes over the rows a hundred times. What it sees of them is computed once, and kept beside the
worker for as long as the fit takes: for every row that is not held out its standardised features,
and how wide the cells are to which they were rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow.parquet import ParquetWriter
from sklearn.pipeline import Pipeline

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.resolution import find_steps
from include.gmm.mixture.rows.source import Stream
from include.gmm.settings import Feature, Mixture
from include.gmm.snapshot.rows import Rows
from include.gmm.transform import Scale, Transform, decide, preparation_of


def scales(rows: Rows, columns: Mapping[str, Feature]) -> dict[str, Scale]:
    """Each feature's transform and resolution, with "auto" decided from all rows.

    Raises InputError where log1p is asked for a column with values of -1 or less.
    """
    least, greatest = rows.extent()

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in rows.batches():
            yield pa.RecordBatch.from_arrays([*map(pa.array, batch.values.T)], rows.features)

    steps = find_steps(Stream(batches, rows.features, "the features"))
    ends = zip(least.tolist(), greatest.tolist(), steps.tolist(), strict=True)
    return {
        name: decide(name, columns[name], *of_column)
        for name, of_column in zip(rows.features, ends, strict=True)
    }


def fit_preparation(
    rows: Rows, decided: Mapping[str, Scale], settings: Mixture, where: str
) -> tuple[Pipeline, int]:
    """The transform and the standardising, fitted to the rows that are not held out.

    Returns
    -------
    tuple[Pipeline, int]
        The two fitted steps of scikit-learn, and how many rows they were fitted to.

    Raises
    ------
    InputError
        If the rows are too few, or a feature has the same value in all of them.
    """
    preparation = preparation_of(decided)
    columns, scaler = (step for _, step in preparation.steps)
    fitted = 0
    least = np.full(len(rows.features), np.inf)
    greatest = -least
    for values in fitted_values(rows, settings.held_out):
        frame = pd.DataFrame(values, columns=rows.features)
        transformed = columns.transform(frame) if fitted else columns.fit_transform(frame)
        scaler.partial_fit(transformed)
        fitted += len(values)
        least = np.minimum(least, values.min(axis=0))
        greatest = np.maximum(greatest, values.max(axis=0))
    if fitted <= settings.n_components.max:
        raise InputError(
            f"{where}: {len(rows)} rows, {fitted} of them to fit, are too few for up to "
            f"{settings.n_components.max} components; bring more rows or try fewer components"
        )
    constant = [name for name, same in zip(rows.features, least == greatest, strict=True) if same]
    if constant:
        raise InputError(
            f"{where}: every row has the same value in {', '.join(map(repr, constant))}, "
            "which cannot tell segments apart; remove it from the features"
        )
    return preparation, fitted


def write_prepared(
    rows: Rows, decided: Mapping[str, Scale], preparation: Pipeline, held_out: float, into: Path
) -> list[str]:
    """Write what the mixture sees; returns the names of the columns of widths (`resolution`)."""
    transform = Transform.of(preparation)
    widths = [f"width of {name}" for name in rows.features]
    widths = [f"{name}{'_' * sum(map(name.__eq__, rows.features))}" for name in widths]
    schema = pa.schema([(name, pa.float64()) for name in (*rows.features, *widths)])
    with ParquetWriter(into, schema, compression="none", use_dictionary=False) as writer:
        for values in fitted_values(rows, held_out):
            columns = [
                *transform.standardised(values).T,
                *transform.cell_widths(values, list(decided.values())).T,
            ]
            writer.write_table(pa.table([*map(pa.array, columns)], schema))
    return widths


def fitted_values(rows: Rows, held_out: float) -> Iterator[Array]:
    """The features (m, d) of the rows that are not held out, some thousands at a time."""
    for batch in rows.batches():
        values = batch.values[~rows.held_out(batch.hashes, held_out)]
        if len(values):
            yield values
