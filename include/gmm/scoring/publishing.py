"""Let readers see a table of scores: the whole of it at once, or the one before."""

from __future__ import annotations

from collections.abc import Callable

from include.gmm import snapshot, sql
from include.gmm.errors import InputError
from include.gmm.scoring import attempts
from include.gmm.scoring.plan import ScoringPlan
from include.gmm.scoring.ranges import refuse_closed
from include.gmm.scoring.tables import Scores
from include.gmm.scoring.views import show
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions import champion
from include.gmm.versions.records import Champion
from include.gmm.warehouse import Connection, Warehouse


def publish(store: Store, plan: ScoringPlan, warehouse: Warehouse) -> int:
    """Let the view show what was scored; returns the number of rows.

    The table that the view showed before is kept when it is of another version, for `restore`; a
    table of the same version is replaced. Publishing once more changes nothing.
    Raises InputError when a range has not been scored; or when another version, or another set of
    segment ids, is the champion by now: then what was scored is dropped.
    """

    def published(connection: Connection) -> str:
        scores = plan.scores(connection, warehouse)
        scores.prepare()
        if scores.versions().get(plan.reference.version) == plan.scored_at:
            attempts.forget(scores, plan.id)  # an earlier attempt came as far as here
            return ""
        refuse_closed(scores, plan)
        # While the view is ours no rollback can change it behind our back.
        superseded = _superseded(plan, champion.read(store, plan.reference.segmentation))
        if not superseded:
            _refuse_unfinished(scores, plan)
            _swap(scores, plan)
        attempts.forget(scores, plan.id)
        return superseded

    superseded = warehouse.run(published)
    snapshot.forget(store, plan.snapshot)
    if superseded:
        raise InputError(superseded)
    return plan.rows


def restore(settings: Segmentation, version: str, warehouse: Warehouse) -> bool:
    """Let the view show the table of an earlier version again; returns whether it is still there.

    The table is as it was: of the features of its own day.
    """

    def restored(scores: Scores) -> bool:
        kept = version in scores.versions()
        if kept:
            scores.shown()  # refuses to replace what is not ours
            show(scores, version)
        return kept

    return _in_scores(settings, warehouse, restored, default=False)


def shows(settings: Segmentation, version: str, warehouse: Warehouse) -> bool:
    """Whether readers see the scores of that version."""
    return _in_scores(settings, warehouse, lambda scores: scores.shown() == version, default=False)


def unfinished_rollback(
    store: Store, settings: Segmentation, warehouse: Warehouse
) -> Champion | None:
    """The champion of a rollback that was interrupted before the view showed its table again.

    A rollback that is asked for then has to finish that one, not to go back once more.
    """
    present = champion.read(store, settings.name)
    if present is None or present.cause != "rollback":
        return None
    version = present.reference.version
    pending = _in_scores(
        settings,
        warehouse,
        lambda scores: version in scores.versions() and scores.shown() != version,
        default=False,
    )
    return present if pending else None


def _in_scores[T](
    settings: Segmentation, warehouse: Warehouse, work: Callable[[Scores], T], default: T
) -> T:
    """What `work` finds in the scores of a segmentation; `default` where nothing was scored yet."""
    if not warehouse.exists():
        return default

    def done(connection: Connection) -> T:
        scores = Scores(connection, warehouse, settings.scores)
        scores.prepare()
        return work(scores)

    return warehouse.run(done)


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


def _refuse_unfinished(scores: Scores, plan: ScoringPlan) -> None:
    done = attempts.done(scores, plan.id)
    missing = [number for number in range(len(plan.ranges)) if number not in done]
    if missing:
        raise InputError(
            f"{plan.view}: {len(missing)} of {len(plan.ranges)} ranges have not been scored, "
            f"number {missing[0]} first; score them before publishing"
        )
    [(rows,)] = scores.connection.execute(f"SELECT count(*) FROM {scores.place(plan.id)}")
    if rows != plan.rows:
        raise InputError(
            f"{plan.view}: {rows} rows were scored, but {plan.rows} were planned; score again"
        )


def _swap(scores: Scores, plan: ScoringPlan) -> None:
    version, before = plan.reference.version, scores.shown()
    there = set(scores.versions())
    # Once more under the same version, the table for a way back is the one that it was.
    dropped = {version} & there if before == version else there - {before}
    former = scores.table(f"{plan.id}-former")
    if version in dropped:
        scores.rename(version, former)
    scores.rename(plan.id, scores.table(version))
    scores.record(version, plan.key, plan.key_type, plan.segment_names, plan.scored_at)
    show(scores, version)
    # Only now: PostgreSQL drops no table that a view shows.
    if version in dropped:
        scores.connection.execute(f"DROP TABLE {sql.place(scores.warehouse.scores, former)}")
    for other in sorted(dropped - {version}):
        scores.drop(other)
