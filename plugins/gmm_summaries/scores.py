"""What the metadata database knows of the runs of DAGs that score."""

from __future__ import annotations

from sqlalchemy.orm import Session

from include.gmm.page.past import Run
from include.gmm.page.reason import NoSummary
from include.gmm.page.scores import Published, Scoring
from plugins.gmm_summaries.kinds import SCORING, TRAINING
from plugins.gmm_summaries.runs import find_returned, newest_returned
from plugins.gmm_summaries.xcoms import PUBLISHED, parse


def scoring(
    dag_id: str, published: Published | NoSummary, newest_run: Run | None = None
) -> Scoring:
    """A DAG that scores, with what is to be told of it."""
    return Scoring(dag_id, SCORING.sibling(dag_id, TRAINING), published, newest_run)


def published(session: Session, dag_id: str, run_id: str) -> Scoring:
    """What this run of a DAG that scores published."""
    return scoring(dag_id, find_returned(session, SCORING, PUBLISHED, dag_id, run_id))


def newest_scores(session: Session, dag_id: str) -> Scoring:
    """What the newest run of a DAG that scores published."""
    rows = newest_returned(session, [dag_id], PUBLISHED)
    if not rows:
        text = "No run has published scores so far. The page of each run says how far it came."
        return scoring(dag_id, NoSummary("No result yet", text))
    (run,) = rows
    found = Run(run_id=run.run_id, date=run.run_after, state=run.state)
    return scoring(dag_id, parse(run.value, PUBLISHED), found)
