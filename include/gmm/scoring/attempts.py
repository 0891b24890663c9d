"""How far scorings have come: kept in the warehouse, in the transactions that carry them out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from include.gmm.scoring.tables import Scores, moment_in_sql


def begin(scores: Scores, plan: str, columns: Mapping[str, str], now: datetime) -> datetime:
    """Make the plan's table, unless an earlier attempt has; the moment (UTC) of the first attempt.

    Unfinished attempts at other plans for the view are dropped: the last one that begins counts.
    """
    connection, plans = scores.connection, scores.records("plans")
    others = connection.execute(
        f"SELECT plan FROM {plans} WHERE view_name = $1 AND plan <> $2",
        scores.view,
        plan,
    )
    for (other,) in others:
        forget(scores, other)
    earlier = connection.execute(f"SELECT scored_at FROM {plans} WHERE plan = $1", plan)
    if earlier:
        moment: datetime = earlier[0][0]
        return moment.replace(tzinfo=UTC)
    connection.create(scores.warehouse.scores, scores.table(plan), columns)
    connection.execute(
        f"INSERT INTO {plans} VALUES ($1, $2, {moment_in_sql(now)})",
        plan,
        scores.view,
    )
    return now


def is_open(scores: Scores, plan: str) -> bool:
    """Whether the plan has begun and is neither published nor dropped for another one."""
    plans = scores.records("plans")
    return bool(scores.connection.execute(f"SELECT 1 FROM {plans} WHERE plan = $1", plan))


def claim(scores: Scores, plan: str, number: int, rows: int) -> bool:
    """Whether a range is ours to write: not if it is done, or somebody else ends writing it.

    Until the end of the transaction nobody can drop the plan.
    """
    claimed = scores.connection.execute(
        f"INSERT INTO {scores.records('ranges')} VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING RETURNING number",
        plan,
        number,
        rows,
    )
    return bool(claimed)


def done(scores: Scores, plan: str) -> dict[int, int]:
    """The rows of each range that is done, by the range's number."""
    ranges = scores.records("ranges")
    found = scores.connection.execute(
        f"SELECT number, rows FROM {ranges} WHERE plan = $1 ORDER BY number",
        plan,
    )
    return dict(found)


def forget(scores: Scores, plan: str) -> None:
    """Drop what a plan has left: its table where it still has that name, and its records."""
    scores.connection.execute(f"DROP TABLE IF EXISTS {scores.place(plan)}")
    for table in ("ranges", "plans"):
        scores.connection.execute(
            f"DELETE FROM {scores.records(table)} WHERE plan = $1",
            plan,
        )
