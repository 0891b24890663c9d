"""Which kind of DAG a DAG is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from airflow.utils.session import create_session

from plugins.gmm_summaries.dags import KINDS, MONITORING, SCORING, TRAINING, Kind, kind_of


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.suffix)
def test_a_dag_is_of_its_kind_before_it_has_run_and_afterwards_whatever_its_name(
    dag: Callable[..., str], run: Callable[..., str], kind: Kind
) -> None:
    defined = dag(f"defined{kind.suffix}x", "load_data", kind.task_id)
    run("queued", {kind.task_id: None}, dag_id=f"has_run{kind.suffix}x")
    with create_session() as session:
        assert kind_of(session, defined) is kind
        assert kind_of(session, f"has_run{kind.suffix}x") is kind


def test_a_dag_with_other_tasks_is_of_no_kind_whatever_its_name(
    dag: Callable[..., str], run: Callable[..., str]
) -> None:
    defined = dag("other_monitor", "look_at_a_screen")
    run("success", {"hello": "success"}, dag_id="hello_score")
    with create_session() as session:
        for dag_id in (defined, "hello_score", "no_such_train"):
            assert kind_of(session, dag_id) is None


def test_dags_of_one_segmentation_are_known_by_the_ends_of_their_ids() -> None:
    assert SCORING.sibling("a_score_score", TRAINING) == "a_score_train"
    assert MONITORING.sibling("customers_watch", TRAINING) is None
