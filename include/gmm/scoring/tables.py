"""Where scores lie in the warehouse: a view in main, and behind it tables in the schema scores.

main.<view>                     what people read: the table of one version, and what follows from it
scores."<view>@<version>"       every row's segment and probabilities under that version
scores."<view>@<plan>"          the same while it is being made
scores.plans, scores.ranges     which plans are being carried out, and their ranges that are done
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from include.gmm.errors import InputError
from include.gmm.sql import quoted
from include.gmm.warehouse import columns, connected

# Megabytes that DuckDB may keep in all, for every thread, and for every column that a thread writes
# (a row group of it is 1 MB, and is there twice at times). What a sort needs beyond goes to disk.
MEMORY, MEMORY_OF_THREAD, MEMORY_OF_COLUMN = 150, 25, 2

DERIVED = ("probability", "entropy")  # columns that the view has and the table does not need


@contextmanager
def transaction(path: Path, written: int = 0) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse in one transaction: after an error it is what it was before.

    `written` columns, about, are going to be written; memory is bounded to what that takes.
    """
    with connected(path) as connection:
        threads = connection.execute("SELECT current_setting('threads')").fetchall()[0][0]
        memory = MEMORY + threads * (MEMORY_OF_THREAD + MEMORY_OF_COLUMN * written)
        connection.execute(f"SET memory_limit = '{memory}MB'")
        connection.execute("SET preserve_insertion_order = false")  # a table has no order
        connection.execute("BEGIN")
        yield connection
        connection.execute("COMMIT")


def physical(view: str, part: str) -> str:
    """The table behind a view for a version or a plan, as SQL takes it."""
    return f"scores.{quoted(f'{view}@{part}')}"


def probabilities(segment_ids: Iterable[int]) -> list[str]:
    """The columns of membership probabilities, one for each segment."""
    return [f"probability_{number}" for number in segment_ids]


def parts(connection: duckdb.DuckDBPyConnection, view: str) -> list[str]:
    """The versions and plans whose tables for this view are there."""
    found = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'scores' "
        "AND database_name = current_database() AND starts_with(table_name, ?) ORDER BY 1",
        [f"{view}@"],
    ).fetchall()
    return [name.removeprefix(f"{view}@") for (name,) in found]


def shown(connection: duckdb.DuckDBPyConnection, view: str) -> str | None:
    """The version whose table the view shows; None where there is no such view.

    Raises InputError when main has something else of that name.
    """
    found = connection.execute(
        "SELECT sql FROM duckdb_views() WHERE schema_name = 'main' AND view_name = $1 "
        "AND database_name = current_database() UNION ALL "
        "SELECT '' FROM duckdb_tables() WHERE schema_name = 'main' AND table_name = $1 "
        "AND database_name = current_database()",
        [view],
    ).fetchall()
    if not found:
        return None
    ours = re.search(rf'FROM scores\."{re.escape(view)}@([^"]+)"', found[0][0])
    if ours is None:
        raise InputError(
            f"the warehouse has a table or view {view!r} that is not one of scores, and is left as "
            "it is; name another one by scoring.table in the segmentation's file"
        )
    return ours[1]


def show(connection: duckdb.DuckDBPyConnection, view: str, version: str) -> None:
    """Let the view show the table of that version, and with it what follows from each row."""
    shown(connection, view)  # refuses to replace what is not ours
    key, *others = columns(connection, "scores", f"{view}@{version}")
    given = [name for name in others if re.fullmatch(r"probability_\d+", name)]
    terms = " + ".join(f"{name} * ln(greatest({name}::DOUBLE, 1e-300))" for name in given)
    numbers = ", ".join(given)
    connection.execute(
        f"CREATE OR REPLACE VIEW main.{quoted(view)} AS FROM {physical(view, version)} "
        f"SELECT {quoted(key)}, segment_id, greatest({numbers}) AS probability, {numbers}, "
        f"0 - ({terms}) AS entropy, model_version, scored_at"
    )
