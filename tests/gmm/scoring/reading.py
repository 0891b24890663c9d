"""What is in the warehouse, for tests."""

from typing import Any

import pandas as pd
import pyarrow as pa

from include.gmm.warehouse import Connection, Warehouse


def run(warehouse: Warehouse, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Execute one statement with its values; its rows."""

    def ran(connection: Connection) -> list[tuple[Any, ...]]:
        if warehouse.many_writers:
            connection.execute(f"SET LOCAL search_path TO {warehouse.schema}")
        return connection.execute(statement, *values)

    return warehouse.run(ran)


def frame(warehouse: Warehouse, table: str) -> pd.DataFrame:
    """All of a table or view where dbt builds, in the order of its first column."""
    return _all(warehouse, f'{warehouse.schema}."{table}"')


def staged(warehouse: Warehouse, table: str) -> pd.DataFrame:
    """All of a table of scores, in the order of its first column."""
    return _all(warehouse, f'{warehouse.scores}."{table}"')


def _all(warehouse: Warehouse, place: str) -> pd.DataFrame:
    batches = warehouse.run(lambda connection: list(connection.stream(f"SELECT * FROM {place}")))
    if not batches:
        return pd.DataFrame()
    rows: pd.DataFrame = pa.Table.from_batches(batches).to_pandas()
    return rows.sort_values(rows.columns[0], ignore_index=True)


def columns(warehouse: Warehouse, table: str) -> dict[str, str]:
    """The columns of a table or view where dbt builds, each with its type."""
    return warehouse.run(lambda connection: connection.columns(warehouse.schema, table))


def ranges(warehouse: Warehouse) -> list[tuple[int, int]]:
    """The ranges of open plans that are done, each with its rows."""
    query = f"SELECT number, rows FROM {warehouse.scores}.ranges ORDER BY 1"
    return [(number, rows) for number, rows in run(warehouse, query)]


def tables(warehouse: Warehouse) -> list[str]:
    """The names of the tables of scores, in order; those of their records are no scores."""
    found = run(
        warehouse,
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = $1",
        warehouse.scores,
    )
    return sorted(name for (name,) in found if "@" in name)
