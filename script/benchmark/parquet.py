"""A fit of a Parquet file by its path: what memory it takes when the rows are never all there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from script.benchmark.contenders import OURS
from script.benchmark.data import pieces, start_of
from script.benchmark.items import ITERATIONS, SAMPLE_ROWS, Item
from script.benchmark.mixture import Array
from script.benchmark.process import Worker
from script.benchmark.rounds import folder, progress


@dataclass(frozen=True)
class ParquetResult:
    """Seconds per iteration, and bytes at the peak above those after imports and a small fit."""

    item: Item
    seconds: float
    memory: int


def measure_parquet(item: Item) -> ParquetResult:
    """Write the item's rows, row group by row group, and fit the file in another process."""
    progress(f"Parquet: {item}")
    first = next(pieces(item))
    start = start_of(item, first)
    with folder() as place, Worker("fit_worker", OURS) as worker:
        warm_ups, file = [place / "rows.npy", place / "sample.parquet"], place / "rows.parquet"
        # The array is big enough for what is compiled; the small file is for what reads files.
        np.save(warm_ups[0], first)
        write(warm_ups[1], [first[:SAMPLE_ROWS]])
        write(file, pieces(item))
        progress(f"  written: {file.stat().st_size / 1e6:,.0f} MB")
        worker.ask(
            "prepare",
            contender=OURS,
            start=start.to_json(),
            warm_ups=list(map(str, warm_ups)),
            iterations=ITERATIONS,
            rows=str(file),
        )
        answer = worker.ask("fit", iterations=ITERATIONS)
    return ParquetResult(item, answer["seconds"] / ITERATIONS, answer["memory"])


def write(path: Path, tables: Iterable[Array]) -> None:
    """A row group for each table (n, d), with columns x0, x1, ..."""
    writer: ParquetWriter | None = None
    for rows in tables:
        batch = pa.table({f"x{j}": column for j, column in enumerate(rows.T)})
        if writer is None:
            writer = ParquetWriter(path, batch.schema)
        writer.write_table(batch, row_group_size=len(rows))
    if writer:
        writer.close()
