"""One DAG for every file in include/segmentations to take a promotion back: <name>_rollback."""

from airflow.sdk import DAG

import dags.interface  # noqa: F401  first: does include/ fit?
from include.gmm.settings import Segmentation
from include.orchestration.assets import champion_asset
from include.orchestration.building import build
from include.orchestration.dag_defaults import dag_defaults
from include.orchestration.rollback import find_predecessor, roll_back

DOC = """
### {title}: return to the champion before

Each run goes one champion back: the version that the present one replaced becomes the champion
again, and `{scores}` shows the table that it had, exactly. If that table is no longer there,
`{name}_score` makes it anew. The first task says which version that is. A second run goes back once
more; to return to what was rolled back, train again, or
`python -m include.gmm promote {name} VERSION --anyway`.
"""


def rollback_dag(segmentation: Segmentation) -> DAG:
    """find_predecessor >> roll_back >> dbt."""
    name = segmentation.name
    with DAG(
        dag_id=f"{name}_rollback",
        description=f"{segmentation.title}: return to the champion before",
        doc_md=DOC.format(title=segmentation.title, scores=segmentation.scores, name=name),
        schedule=None,
        tags=["gmm", "rollback", name],
        is_paused_upon_creation=False,  # runs when asked only
        **dag_defaults(segmentation),
    ) as dag:
        find = find_predecessor.override(inlets=[champion_asset(name)])
        roll_back(segmentation, find(name))
    return dag


DAGS, FAULTS = build(rollback_dag)
globals().update(DAGS)
