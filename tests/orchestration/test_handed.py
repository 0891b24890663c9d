"""A task after one that has handed on nothing says which one that was, and to clear it."""

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("airflow", reason="needs Airflow")
from airflow.sdk.exceptions import AirflowFailException

from include.orchestration import promotion, rollback, scoring, training

REFERENCE = {
    "segmentation": "customers",
    "version": "20260101T000000Z-00000000",
    "manifest_sha256": "0" * 64,
}


@pytest.mark.parametrize(
    ("task", "given", "told"),
    [
        (training.load_model_and_evaluate, ("customers", None), "build_save_gmm_model"),
        (promotion._promote, ("customers", None, None, False), "build_save_gmm_model"),
        (promotion._promote, ("customers", REFERENCE, None, True), "load_model_and_evaluate"),
        (scoring.key_ranges, (None,), "plan_scoring"),
        (scoring.score_range, (None, 0), "plan_scoring"),
        (scoring.publish_scores, ("customers", None), "plan_scoring"),
        (rollback._roll_back, ("customers", None), "find_predecessor"),
    ],
)
def test_a_task_marked_successful_by_hand_is_named_by_those_after_it(
    task: Any, given: tuple[Any, ...], told: str
) -> None:
    function: Callable[..., Any] = task.function
    with pytest.raises(AirflowFailException, match=f"task {told} has handed on nothing") as caught:
        function(*given)
    assert f"Clear {told}" in str(caught.value)


def test_a_person_who_is_asked_is_told_so_as_well() -> None:
    with pytest.raises(ValueError, match="task load_model_and_evaluate has handed on nothing"):
        promotion.told(None)  # type: ignore[arg-type]
