"""What the metadata database knows of the runs of DAGs that score or roll back."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from include.gmm.page.acts import Act
from include.gmm.page.past import Run
from include.gmm.page.reason import NoSummary
from plugins.gmm_summaries.kinds import ROLLBACK, SCORING, TRAINING, Kind
from plugins.gmm_summaries.runs import find_returned, newest_returned
from plugins.gmm_summaries.xcoms import PUBLISHED, ROLLED_BACK, Returned, parse

RETURNED: dict[Kind, Returned[Any]] = {SCORING: PUBLISHED, ROLLBACK: ROLLED_BACK}


def act(kind: Kind, dag_id: str, left: Any, newest_run: Run | None = None) -> Act:
    """A DAG of this kind, with what is to be told of it."""
    return Act(
        "scores" if kind is SCORING else "rollback",
        dag_id,
        kind.sibling(dag_id, TRAINING),
        left,
        newest_run,
    )


def of_run(session: Session, kind: Kind, dag_id: str, run_id: str) -> Act:
    """What this very run left."""
    left = find_returned(session, kind, RETURNED[kind], dag_id, run_id)
    return act(kind, dag_id, left)


def newest(session: Session, kind: Kind, dag_id: str) -> Act:
    """What the newest run that left something left."""
    rows = newest_returned(session, [dag_id], RETURNED[kind])
    if not rows:
        text = f"No run has left a {kind.left} so far. The page of each run says how far it came."
        return act(kind, dag_id, NoSummary(f"No {kind.left} yet", text))
    (run,) = rows
    found = Run(run_id=run.run_id, date=run.run_after, state=run.state)
    return act(kind, dag_id, parse(run.value, RETURNED[kind]), found)
