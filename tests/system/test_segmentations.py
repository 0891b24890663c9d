"""More segmentations beside the shipped one: a YAML file and a dbt model each, no code."""

from __future__ import annotations

import pytest

from include.gmm.summary import Summary
from tests.system.conftest import AirflowWithRun

SEGMENTATION = """
title: Days by how much is bought
source: {{ table: raw.purchases, columns: {{ date: VARCHAR, dollar_value: DOUBLE }} }}
features:
  model: {model}
  key: day
  columns: {{ purchases: {{}}, spend: {{ unit: dollars }} }}
mixture: {{ n_components: {{ max: 4 }}, covariance_types: [full], seed: 3 }}
"""
MODEL = """
select ordered_on as day, count(*) as purchases, sum(amount) as spend
from {{ ref('stg_purchases') }} group by ordered_on
"""
FAILING_TEST = """
version: 2
models:
  - name: never_features
    columns:
      - name: purchases
        data_tests: [{ in_range: { arguments: { at_least: 1000000 } } }]
"""


@pytest.fixture(scope="module", autouse=True)
def more_segmentations(airflow: AirflowWithRun) -> None:
    """Two more, put into the project while Airflow is running."""
    models = airflow.folder / "include" / "dbt" / "models" / "features"
    for name in ("days", "never"):
        (models / f"{name}_features.sql").write_text(MODEL)
    (models / "never_features.yml").write_text(FAILING_TEST)
    for name in ("days", "never"):
        text = SEGMENTATION.format(model=f"{name}_features")
        (airflow.folder / "include" / "segmentations" / f"{name}.yaml").write_text(text)


def test_a_yaml_file_and_a_dbt_model_make_a_dag_that_runs(airflow: AirflowWithRun) -> None:
    run_id = airflow.trigger("days_train", {"seed": 8})
    assert airflow.wait("days_train", run_id) == "success"
    summary = Summary.model_validate(airflow.xcom("days_train", run_id, "load_model_and_evaluate"))
    assert summary.key == "day"
    assert summary.seed == 8, "what the trigger form says comes before the file"
    assert (
        summary.rows
        == airflow.xcom("days_train", run_id, "data_preprocessing.check_features")["rows"]
    )


def test_a_failing_data_test_stops_the_run_before_the_model(airflow: AirflowWithRun) -> None:
    run_id = airflow.trigger("never_train")
    assert airflow.wait("never_train", run_id) == "failed"
    states = {task["task_id"]: task["state"] for task in airflow.api.tasks("never_train", run_id)}
    assert states["data_preprocessing.dbt.stg_purchases_model_build"] == "success"
    assert states["data_preprocessing.dbt.never_features_model_build"] == "failed"
    assert states["build_save_gmm_model"] == "upstream_failed"
    assert not (airflow.folder / "working_data" / "models" / "never").exists()


def test_each_verified_model_is_announced_as_an_asset(airflow: AirflowWithRun) -> None:
    summary = Summary.model_validate(
        airflow.xcom(airflow.dag_id, airflow.run_id, "load_model_and_evaluate")
    )
    events = airflow.api.get("assets/events")["asset_events"]
    models = [event for event in events if event["name"] == "customers_model"]
    assert summary.version in {event["extra"].get("version") for event in models}
    features = [event for event in events if event["name"] == "customers_features"]
    assert features[0]["extra"]["rows"] == summary.rows
