"""What is in the warehouse, for tests."""

from pathlib import Path
from typing import Any

import pandas as pd

from include.gmm import warehouse


def run(path: Path, statement: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Execute one statement with its values; its rows."""
    with warehouse.connected(path) as connection:
        return connection.execute(statement, values).fetchall()


def frame(path: Path, table: str) -> pd.DataFrame:
    """All of a table or view, in the order of its first column."""
    with warehouse.connected(path) as connection:
        rows: pd.DataFrame = connection.table(table).df()
    return rows.sort_values(rows.columns[0], ignore_index=True)


def tables(path: Path) -> list[str]:
    """The names in the schema scores, in order."""
    found = run(path, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'scores'")
    return sorted(name for (name,) in found)
