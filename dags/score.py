"""One scoring DAG for every file in include/segmentations: <name>_score."""

from airflow.sdk import DAG

import dags.interface  # noqa: F401  first: does include/ fit?
from include.gmm.settings import Segmentation
from include.orchestration.assets import (
    champion_asset,
    features_asset,
    scores_asset,
    unscored_asset,
)
from include.orchestration.building import build
from include.orchestration.dag_defaults import dag_defaults
from include.orchestration.dbt import dbt_models
from include.orchestration.scoring import key_ranges, plan_scoring, publish_scores, score_range

DOC = """
### {title}: every row's segment

Applies the champion to all rows of `{features}` and lets `{scores}` in the warehouse show the
result: the key, `segment_id`, `probability`, a probability for each segment, `entropy`,
`model_version` and `scored_at`. Readers see the old table or the new one, never half. Runs when
the features or the champion change, and on demand.
"""


def score_dag(segmentation: Segmentation) -> DAG:
    """plan_scoring >> score_range, one for each range of keys >> publish_scores >> dbt."""
    name = segmentation.name
    with DAG(
        dag_id=f"{name}_score",
        description=f"{segmentation.title}: every row's segment",
        doc_md=DOC.format(
            title=segmentation.title,
            features=segmentation.features.model,
            scores=segmentation.scores,
        ),
        schedule=(unscored_asset(name) | features_asset(name)),
        tags=["gmm", "score", name],
        is_paused_upon_creation=False,  # runs when asked, or when an Asset has news
        **dag_defaults(segmentation),
    ) as dag:
        inlets, outlets = [champion_asset(name), features_asset(name)], [scores_asset(name)]
        plan = plan_scoring.override(inlets=inlets)(name)
        ranges = score_range.partial(plan=plan).expand(number=key_ranges(plan))
        published = publish_scores.override(outlets=outlets)(name, plan)
        ranges >> published
        for model in segmentation.scoring.models:
            published >> dbt_models(model, model, "scoring.models")
    return dag


DAGS, FAULTS = build(score_dag)
globals().update(DAGS)
