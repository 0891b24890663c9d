"""Parquet files: which of a folder are its parts, and the columns that they have in common."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from include.gmm.errors import InputError

PARQUET = (".parquet", ".pq")


def parts_of(folder: Path) -> list[Path]:
    """The Parquet files in a folder and those below; what begins with . or _ is no data.

    Raises InputError where there are none.
    """
    parts = sorted(
        part
        for part in folder.rglob("*")
        if part.name.lower().endswith(PARQUET)
        and part.is_file()
        and not any(name[0] in "._" for name in part.relative_to(folder).parts)
    )
    if not parts:
        raise InputError(f"{folder}: a folder without Parquet files ({', '.join(PARQUET)})")
    return parts


def columns_of(files: list[Path]) -> list[str]:
    """The columns of Parquet files. Raises InputError unless they are the same in all."""
    first: pa.Schema | None = None
    for file in files:
        if file.stat().st_size == 0:
            raise InputError(f"{file}: the file is empty")
        try:
            schema = pq.read_schema(file, memory_map=False)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise InputError(
                f"{file}: no whole Parquet file ({str(error).split('. ')[0]}); write it again"
            ) from error
        first = schema if first is None else first
        if [(of.name, of.type) for of in schema] != [(of.name, of.type) for of in first]:
            raise InputError(f"{file}: has other columns or types than {files[0]}")
    assert first is not None  # noqa: S101 (there is a file)
    return list(first.names)


def begins_as_parquet(path: Path) -> bool:
    """Whether the file is one by its first bytes. Raises InputError for an empty file."""
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty")
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"
