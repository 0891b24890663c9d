"""One training DAG for every file in include/segmentations: <name>_train."""

from datetime import timedelta

from airflow.sdk import DAG, TaskGroup

from include.gmm import settings
from include.gmm.settings import Segmentation
from include.orchestration.dbt import dbt_models
from include.orchestration.form import trigger_form
from include.orchestration.tasks import (
    build_save_gmm_model,
    check_features,
    features_asset,
    load_data,
    load_model_and_evaluate,
    model_asset,
)

DOC = """
### {title}

{description}

Loads `{table}`, builds the features of dbt model `{model}`, chooses and fits a Gaussian mixture,
saves it under `working_data/models/{name}/`, verifies and evaluates it.
The result is in the **Clusters** tab of each run. Settings: `include/segmentations/{name}.yaml`.
"""


def train_dag(segmentation: Segmentation) -> DAG:
    """load_data >> data_preprocessing >> build_save_gmm_model >> load_model_and_evaluate."""
    name = segmentation.name
    features, model = features_asset(name), model_asset(name)
    with DAG(
        dag_id=f"{name}_train",
        description=segmentation.title,
        doc_md=DOC.format(
            table=segmentation.source.table,
            model=segmentation.features.model,
            **segmentation.model_dump(include={"name", "title", "description"}),
        ),
        schedule=segmentation.schedule,
        catchup=False,
        params=trigger_form(segmentation.mixture),
        tags=["gmm", "train", name],
        max_active_runs=1,
        max_active_tasks=1,  # DuckDB admits one writing process at a time
        default_args={
            "retries": 2,
            "retry_delay": timedelta(seconds=10),
            "retry_exponential_backoff": 2.0,
        },
    ) as dag:
        with TaskGroup("data_preprocessing") as data_preprocessing:
            dbt = dbt_models("dbt", segmentation.features.model)
            dbt >> check_features.override(outlets=[features])(name)
        reference = build_save_gmm_model.override(inlets=[features])(name)
        evaluation = load_model_and_evaluate.override(outlets=[model])(name, reference)
        load_data(name) >> data_preprocessing >> reference >> evaluation
    return dag


# What is wrong with other files, dags/faults.py says: one mistake must not take all DAGs away.
for segmentation in settings.load_all()[0]:
    globals()[f"{segmentation.name}_train"] = train_dag(segmentation)
