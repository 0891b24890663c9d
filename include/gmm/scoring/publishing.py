"""Let readers see a table of scores: the whole of it at once, or the one before."""

from __future__ import annotations

from pathlib import Path

import duckdb

from include.gmm import snapshot
from include.gmm.errors import InputError
from include.gmm.scoring import attempts
from include.gmm.scoring.plan import ScoringPlan
from include.gmm.scoring.ranges import refuse_closed
from include.gmm.scoring.tables import parts, physical, show, shown, transaction
from include.gmm.settings import WAREHOUSE, Segmentation
from include.gmm.sql import quoted
from include.gmm.store import Store
from include.gmm.versions import champion
from include.gmm.versions.records import Champion


def publish(store: Store, plan: ScoringPlan, path: Path = WAREHOUSE) -> int:
    """Let the view show what was scored; returns the number of rows.

    The table that the view showed before is kept when it is of another version, for `restore`; a
    table of the same version is replaced. Publishing once more changes nothing.
    Raises InputError when a range has not been scored; or when another version, or another set of
    segment ids, is the champion by now: then what was scored is dropped.
    """
    superseded = ""
    with transaction(path) as connection:
        if not _is_published(connection, plan):
            refuse_closed(connection, plan)
            # While the warehouse is ours no rollback can change the view behind our back.
            superseded = _superseded(plan, champion.read(store, plan.reference.segmentation))
            if not superseded:
                _refuse_unfinished(connection, plan)
                _swap(connection, plan)
            attempts.forget(connection, plan.view, plan.id)
    snapshot.forget(store, plan.snapshot)
    if superseded:
        raise InputError(superseded)
    return plan.rows


def restore(settings: Segmentation, version: str, path: Path = WAREHOUSE) -> bool:
    """Let the view show the table of an earlier version again; returns whether it is still there.

    The table is as it was: of the features of its own day.
    """
    if not path.is_file():
        return False
    with transaction(path) as connection:
        kept = version in parts(connection, settings.scores)
        if kept:
            show(connection, settings.scores, version)
    return kept


def shows(settings: Segmentation, version: str, path: Path = WAREHOUSE) -> bool:
    """Whether readers see the scores of that version."""
    if not path.is_file():
        return False
    with transaction(path) as connection:
        return shown(connection, settings.scores) == version


def unfinished_rollback(
    store: Store, settings: Segmentation, path: Path = WAREHOUSE
) -> Champion | None:
    """The champion of a rollback that was interrupted before the view showed its table again.

    A rollback that is asked for then has to finish that one, not to go back once more.
    """
    present = champion.read(store, settings.name)
    if present is None or present.cause != "rollback" or not path.is_file():
        return None
    with transaction(path) as connection:
        kept = present.reference.version in parts(connection, settings.scores)
        pending = kept and shown(connection, settings.scores) != present.reference.version
    return present if pending else None


def _superseded(plan: ScoringPlan, present: Champion | None) -> str:
    """Why readers must not see the scores of a plan, or nothing."""
    if present and (present.reference, [*present.segment_ids]) == (
        plan.reference,
        plan.segment_ids,
    ):
        return ""
    now = f"{present.reference.version} is the champion now" if present else "there is no champion"
    return (
        f"{plan.view}: the scores are those of {plan.reference.version}, and {now}, so they are "
        f"not published; score {plan.reference.segmentation} again"
    )


def _is_published(connection: duckdb.DuckDBPyConnection, plan: ScoringPlan) -> bool:
    """Whether the version's table is that of this plan, which its moment tells."""
    if plan.reference.version not in parts(connection, plan.view):
        return False
    scores = connection.table(physical(plan.view, plan.reference.version))
    moment = scores.limit(1).project("scored_at").fetchall()[0][0]
    return bool(moment == plan.scored_at.replace(tzinfo=None))


def _refuse_unfinished(connection: duckdb.DuckDBPyConnection, plan: ScoringPlan) -> None:
    done = attempts.done(connection, plan.id)
    missing = [number for number in range(len(plan.ranges)) if number not in done]
    if missing:
        raise InputError(
            f"{plan.view}: {len(missing)} of {len(plan.ranges)} ranges have not been scored, "
            f"number {missing[0]} first; score them before publishing"
        )
    rows = len(connection.table(plan.staging))
    if rows != plan.rows:
        raise InputError(
            f"{plan.view}: {rows} rows were scored, but {plan.rows} were planned; score again"
        )


def _swap(connection: duckdb.DuckDBPyConnection, plan: ScoringPlan) -> None:
    view, version = plan.view, plan.reference.version
    before = shown(connection, view)
    there = set(parts(connection, view)) - {plan.id}
    # Once more under the same version, the table for a way back is the one that it was.
    dropped = {version} & there if before == version else there - {before}
    for other in sorted(dropped):
        connection.execute(f"DROP TABLE {physical(view, other)}")
    connection.execute(f"ALTER TABLE {plan.staging} RENAME TO {quoted(f'{view}@{version}')}")
    show(connection, view, version)
