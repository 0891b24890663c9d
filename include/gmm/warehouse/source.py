"""What is demanded of a source, whatever the warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from include.gmm.errors import InputError
from include.gmm.settings import Source
from include.gmm.warehouse import Connection, LoadedTable


def demand(wanted: Sequence[str], present: Sequence[str], where: str) -> None:
    """Raise InputError for columns that are not there."""
    missing = [name for name in wanted if name not in present]
    if missing:
        raise InputError(f"{where} has no column {', '.join(missing)}; it has {', '.join(present)}")


def refuse_view(connection: Connection, source: Source) -> None:
    """Raise InputError where the table to be replaced is a view."""
    if connection.definition(*source.table.split(".")):
        raise InputError(
            f"source.table: {source.table} is a view in the warehouse, which is left as it is; "
            "name another table"
        )


def inspected(source: Source, present: Mapping[str, str], rows: int, digest: int) -> LoadedTable:
    """What is in the source's table. Raises InputError where it is not what was declared."""
    if not present:
        raise InputError(f"the warehouse has no table {source.table}")
    demand(list(source.columns), list(present), f"table {source.table!r}")
    if rows == 0:
        raise InputError(f"{source.file or source.table}: there are no rows")
    return LoadedTable(source.table, rows, list(present), f"{digest:032x}")
