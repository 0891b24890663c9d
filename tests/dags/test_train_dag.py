"""The training DAG as Airflow sees it."""

import importlib.util
from datetime import timedelta
from typing import Any

import pytest

pytest.importorskip("airflow", reason="needs Airflow")
from include.gmm import settings

FILE = settings.PROJECT / "dags" / "train.py"


@pytest.fixture(scope="module")
def train_dags() -> Any:
    """The module dags/train.py."""
    specification = importlib.util.spec_from_file_location("train_dags", FILE)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def dag(train_dags: Any) -> Any:
    return train_dags.customers_train


def test_the_steps_follow_each_other(dag: Any) -> None:
    groups = {task_id: task_id.split(".")[0] for task_id in dag.task_ids}
    arrows = {
        (groups[task.task_id], groups[after])
        for task in dag.tasks
        for after in task.downstream_task_ids
        if groups[task.task_id] != groups[after]
    }
    assert arrows == {
        ("load_data", "data_preprocessing"),
        ("data_preprocessing", "build_save_gmm_model"),
        ("build_save_gmm_model", "load_model_and_evaluate"),
        ("build_save_gmm_model", "promote_model"),  # hands its reference over
        ("load_model_and_evaluate", "promote_model"),
    }


def test_there_are_five_boxes(dag: Any) -> None:
    boxes = [child.rsplit(".", 1)[-1] for child in dag.task_group.children]
    assert sorted(boxes) == [
        "build_save_gmm_model",
        "data_preprocessing",
        "load_data",
        "load_model_and_evaluate",
        "promote_model",
    ]


def test_dbt_builds_one_task_for_each_model_upstream_of_the_features(dag: Any) -> None:
    built = {task_id.split(".")[-1] for task_id in dag.task_ids if ".dbt." in task_id}
    assert built == {
        "stg_purchases_model_build",
        "customer_orders_model_build",
        "customer_features_model_build",
    }


def test_the_dag_says_what_it_is(dag: Any) -> None:
    assert dag.dag_id == "customers_train"
    assert set(dag.tags) == {"gmm", "train", "customers"}
    assert "Clusters" in dag.doc_md
    assert dag.max_active_tasks == dag.max_active_runs == 1
    assert not dag.catchup


def test_every_task_is_retried_with_growing_pauses(dag: Any) -> None:
    for task in dag.tasks:
        assert task.retries == (1 if ".dbt." in task.task_id else 2), task.task_id
        assert task.retry_exponential_backoff == 2, task.task_id


def test_features_and_model_are_assets_with_names_of_their_own(dag: Any) -> None:
    outlets = {task.task_id: [asset.name for asset in task.outlets] for task in dag.tasks}
    assert outlets["data_preprocessing.check_features"] == ["customers_features"]
    assert outlets["load_model_and_evaluate"] == ["customers_model"]
    assert [asset.name for asset in dag.get_task("build_save_gmm_model").inlets] == [
        "customers_features"
    ]


def test_a_person_who_does_not_answer_leaves_the_champion_and_the_next_training_alone(
    train_dags: Any,
) -> None:
    customers = settings.find("customers")
    promotion = customers.promotion.model_copy(update={"mode": "manual"})
    made = train_dags.train_dag(customers.model_copy(update={"promotion": promotion}))
    asks = made.get_task("approve_promotion")
    assert asks.response_timeout == timedelta(days=customers.monitoring.retrain_after_days)
    assert asks.defaults == ["Reject"]
    assert asks.downstream_task_ids == {"promote_model"}


def test_a_person_has_a_day_to_answer_where_drift_may_train_at_once(train_dags: Any) -> None:
    customers = settings.find("customers")
    changed = customers.model_copy(
        update={
            "promotion": customers.promotion.model_copy(update={"mode": "manual"}),
            "monitoring": customers.monitoring.model_copy(update={"retrain_after_days": 0}),
        }
    )
    asks = train_dags.train_dag(changed).get_task("approve_promotion")
    assert asks.response_timeout == timedelta(days=1), "without any, Airflow waits for ever"
    assert "Without an answer within a day the champion stays" in asks.body
