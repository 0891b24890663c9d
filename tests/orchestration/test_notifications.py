"""Who is told of what, through notifiers that a segmentation file names."""

from typing import Any

import pytest

pytest.importorskip("airflow", reason="needs Airflow")
from airflow.sdk import BaseNotifier

from include.gmm import settings
from include.gmm.settings import Segmentation
from include.orchestration.notifications import Question, faults, on_failure, tell

TOLD: list[tuple[str, str]] = []
HERE = f"{__name__}.Listener"


class Listener(BaseNotifier):
    """Keeps what it is told."""

    template_fields = ("text",)

    def __init__(self, text: str = "{{ sentence }}", broken: bool = False) -> None:
        super().__init__()
        self.text, self.broken = text, broken

    def notify(self, context: Any) -> None:
        if self.broken:
            raise ConnectionError("nobody there")
        TOLD.append((context["event"], self.text))


def telling(*notifications: dict[str, Any]) -> Segmentation:
    TOLD.clear()
    content = settings.find("customers").model_dump() | {"notifications": notifications}
    return settings.validate(content, "test")


def test_those_are_told_who_want_to_hear_of_the_event() -> None:
    segmentation = telling(
        {"notifier": HERE, "events": ["drift"], "arguments": {"text": "{{ segmentation }}!"}},
        {"notifier": HERE, "events": ["promotion"]},
    )
    tell(segmentation, "drift", {}, "It drifted.")
    tell(segmentation, "promotion", {}, "It is the champion.")
    assert TOLD == [("drift", "customers!"), ("promotion", "It is the champion.")]


def test_a_notifier_that_fails_does_not_keep_the_others_from_telling() -> None:
    segmentation = telling(
        {"notifier": HERE, "arguments": {"broken": True}}, {"notifier": HERE, "events": ["drift"]}
    )
    tell(segmentation, "drift", {}, "It drifted.")
    assert TOLD == [("drift", "It drifted.")]


def test_a_failure_names_the_task() -> None:
    class Task:
        dag_id, task_id = "customers_train", "load_data"

    on_failure(telling({"notifier": HERE}))({"ti": Task()})
    assert TOLD == [("failure", "customers_train: task load_data failed.")]


def test_a_question_tells_that_a_version_waits() -> None:
    Question(telling({"notifier": HERE, "events": ["question"]}))({})
    assert TOLD == [("question", "A version of customers waits for your decision in Airflow.")]


@pytest.mark.parametrize(
    ("notifier", "arguments", "told"),
    [
        ("no.such.Notifier", {}, "No module named"),
        (f"{__name__}.Nobody", {}, "Nobody"),
        ("pathlib.Path", {}, "no notifier of Airflow"),
        (HERE, {"colour": "red"}, "colour"),
    ],
)
def test_a_notifier_that_cannot_be_made_is_a_fault_of_the_file(
    notifier: str, arguments: dict[str, Any], told: str
) -> None:
    (fault,) = faults(telling({"notifier": notifier, "arguments": arguments}))
    assert "customers.yaml: notifications.0: " in str(fault)
    assert told in str(fault)


def test_the_shipped_files_have_no_fault() -> None:
    assert [faults(each) for each in settings.load_all()[0]] == [[]]
