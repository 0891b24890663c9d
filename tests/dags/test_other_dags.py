"""The scoring, the monitoring and the rollback DAG as Airflow sees them."""

import importlib.util
from typing import Any

import pytest

pytest.importorskip("airflow", reason="needs Airflow")
from include.gmm import settings


def dag_of(name: str) -> Any:
    """The DAG of the shipped customers that dags/<name>.py makes."""
    file = settings.PROJECT / "dags" / f"{name}.py"
    specification = importlib.util.spec_from_file_location(f"{name}_dags", file)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return getattr(module, f"customers_{name}")


def names(assets: Any) -> list[str]:
    return sorted(asset.name for asset in assets)


def test_customers_are_scored_when_there_are_other_features_or_a_champion_without_scores() -> None:
    dag = dag_of("score")
    condition = dag.timetable.asset_condition
    assert names(condition.objects) == ["customers_features", "customers_unscored"]
    assert type(condition).__name__ == "AssetAny"
    assert not dag.is_paused_upon_creation


def test_scoring_goes_from_the_plan_through_ranges_and_the_swap_to_dbt() -> None:
    dag = dag_of("score")
    after = {task.task_id: task.downstream_task_ids for task in dag.tasks}
    assert after["plan_scoring"] == {"key_ranges", "score_range", "publish_scores"}
    assert after["score_range"] == {"publish_scores"}
    assert after["publish_scores"] == {"segment_sizes_by_week.customer_segments_model_build"}
    assert dag.get_task("score_range").is_mapped
    assert names(dag.get_task("publish_scores").outlets) == ["customers_scores"]


def test_drift_is_measured_on_features_that_are_made_anew() -> None:
    dag = dag_of("monitor")
    boxes = [child.rsplit(".", 1)[-1] for child in dag.task_group.children]
    assert sorted(boxes) == ["data_preprocessing", "load_data", "measure_drift"]
    measured = dag.get_task("measure_drift")
    assert names(measured.outlets) == ["customers_drift_maybe"], "an event only if it is a breach"


def test_a_rollback_runs_when_asked_only_and_settles_first_where_to() -> None:
    dag = dag_of("rollback")
    assert not dag.timetable.can_be_scheduled
    assert not dag.is_paused_upon_creation
    assert dag.get_task("find_predecessor").downstream_task_ids == {"roll_back"}
    news = names(dag.get_task("roll_back").outlets)
    after = dag.get_task("scores_are_shown").downstream_task_ids
    assert after == {"segment_sizes_by_week.customer_segments_model_build"}
    assert news == [
        "customers_champion_maybe",
        "customers_scores_maybe",
        "customers_unscored_maybe",
    ]


@pytest.mark.parametrize("name", ["score", "monitor", "rollback"])
def test_no_two_tasks_write_into_the_warehouse_at_once(name: str) -> None:
    dag = dag_of(name)
    assert dag.max_active_tasks == dag.max_active_runs == 1
    assert not dag.catchup
