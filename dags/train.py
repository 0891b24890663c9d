"""One training DAG for every file in include/segmentations: <name>_train."""

from airflow.sdk import DAG

import dags.interface  # noqa: F401  first: does include/ fit?
from include.gmm.settings import Segmentation
from include.orchestration.assets import champion_asset, features_asset, model_asset, on_drift
from include.orchestration.building import build
from include.orchestration.dag_defaults import dag_defaults
from include.orchestration.form import trigger_form
from include.orchestration.preprocessing import data_preprocessing
from include.orchestration.promotion import promote_model, told
from include.orchestration.training import (
    build_save_gmm_model,
    load_data,
    load_model_and_evaluate,
)

DOC = """
### {title}

{description}

Loads `{table}`, builds the features of dbt model `{model}`, chooses and fits a Gaussian mixture,
saves it under `working_data/models/{name}/`, verifies and evaluates it, and makes it the champion
if it passes the gates. The result is in the **Clusters** tab of each run. A breach that
`{name}_monitor` finds starts it. Settings: `include/segmentations/{name}.yaml`.
"""


def train_dag(segmentation: Segmentation) -> DAG:
    """load_data >> data_preprocessing >> build_save_gmm_model >> load_model_and_evaluate, and
    then promote_model.
    """
    name = segmentation.name
    with DAG(
        dag_id=f"{name}_train",
        description=segmentation.title,
        doc_md=DOC.format(
            name=name,
            title=segmentation.title,
            description=segmentation.description,
            table=segmentation.source.table,
            model=segmentation.features.model,
        ),
        schedule=on_drift(segmentation),
        params=trigger_form(segmentation.mixture),
        user_defined_macros={"told": told},
        tags=["gmm", "train", name],
        is_paused_upon_creation=False,  # runs when asked, or when an Asset has news
        **dag_defaults(segmentation),
    ) as dag:
        preprocessing, features = data_preprocessing(segmentation)
        build = build_save_gmm_model.override(inlets=[features_asset(name)])
        reference = build(name, features)
        evaluation = load_model_and_evaluate.override(outlets=[model_asset(name)])(name, reference)
        load = load_data.override(inlets=[champion_asset(name)])
        load(name) >> preprocessing >> reference >> evaluation
        promote_model(segmentation, reference, evaluation)
    return dag


DAGS, FAULTS = build(train_dag)
globals().update(DAGS)
