"""How far scorings have come: kept in the warehouse, in the transactions that carry them out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import duckdb

from include.gmm.scoring.tables import parts, physical
from include.gmm.sql import quoted


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the schema, and the tables of plans and of the ranges that are done, unless there."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS scores")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS scores.plans "
        "(plan VARCHAR PRIMARY KEY, view_name VARCHAR, scored_at TIMESTAMP)"
    )
    connection.execute(
        "CREATE TABLE IF NOT EXISTS scores.ranges "
        "(plan VARCHAR, number INTEGER, rows BIGINT, PRIMARY KEY (plan, number))"
    )


def begin(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    plan: str,
    columns: Mapping[str, str],
    now: datetime,
) -> datetime:
    """Make the plan's table, unless an earlier attempt has; the moment (UTC) of the first attempt.

    Unfinished attempts at other plans for the view are dropped: the last one that begins counts.
    """
    others = connection.execute(
        "SELECT plan FROM scores.plans WHERE view_name = ? AND plan <> ?", [view, plan]
    ).fetchall()
    for (other,) in others:
        forget(connection, view, other)
    earlier = connection.execute(
        "SELECT scored_at FROM scores.plans WHERE plan = ?", [plan]
    ).fetchall()
    if earlier:
        moment: datetime = earlier[0][0]
        return moment.replace(tzinfo=UTC)
    definitions = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
    connection.execute(f"CREATE TABLE {physical(view, plan)} ({definitions})")
    connection.execute(
        "INSERT INTO scores.plans VALUES (?, ?, ?)", [plan, view, now.replace(tzinfo=None)]
    )
    return now


def is_open(connection: duckdb.DuckDBPyConnection, plan: str) -> bool:
    """Whether the plan has begun and is neither published nor dropped for another one."""
    prepare(connection)
    found = connection.execute("SELECT 1 FROM scores.plans WHERE plan = ?", [plan]).fetchall()
    return bool(found)


def done(connection: duckdb.DuckDBPyConnection, plan: str) -> dict[int, int]:
    """The rows of each range that is done, by the range's number."""
    found = connection.execute(
        "SELECT number, rows FROM scores.ranges WHERE plan = ? ORDER BY number", [plan]
    ).fetchall()
    return dict(found)


def forget(connection: duckdb.DuckDBPyConnection, view: str, plan: str) -> None:
    """Drop what a plan has left: its table where it still has that name, and its records."""
    if plan in parts(connection, view):
        connection.execute(f"DROP TABLE {physical(view, plan)}")
    connection.execute("DELETE FROM scores.ranges WHERE plan = ?", [plan])
    connection.execute("DELETE FROM scores.plans WHERE plan = ?", [plan])
