"""Whom to tell, through the notifiers of Airflow that a segmentation file names."""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from airflow.sdk import BaseNotifier
from airflow.sdk.exceptions import AirflowTaskTimeout
from airflow.sdk.execution_time.timeout import timeout

from include.gmm.errors import InputError
from include.gmm.operation import Event, Notification
from include.gmm.settings import SEGMENTATIONS, Segmentation

log = logging.getLogger(__name__)

# Seconds that one notifier may take. Some try again and again: Airflow's for mail waits three
# minutes for a server that accepts the connection and says nothing, and a task waits with it.
PATIENCE = 60


def tell(
    segmentation: Segmentation, event: Event, context: Mapping[str, Any], sentence: str
) -> None:
    """Notify everybody who wants to hear of the event; `sentence` is there for their templates.

    A notifier that fails, or takes longer than PATIENCE, is logged: what it tells of has happened
    all the same.
    """
    told = {**context, "event": event, "sentence": sentence, "segmentation": segmentation.name}
    for notification in segmentation.notifications:
        if event in notification.events:
            try:
                with timeout(PATIENCE, f"It took longer than {PATIENCE} s"):  # type: ignore[no-untyped-call]
                    _made(notification)(cast("Any", told))
            except (Exception, AirflowTaskTimeout):  # the latter is no Exception
                log.exception("%s could not tell of %s", notification.notifier, event)


def on_failure(segmentation: Segmentation) -> Callable[[Any], None]:
    """A callback for tasks that have failed for good."""

    def failed(context: Any) -> None:
        task = context["ti"]
        tell(segmentation, "failure", context, f"{task.dag_id}: task {task.task_id} failed.")

    return failed


class Question(BaseNotifier):
    """For an operator that asks a person: tells that a version waits for the answer."""

    def __init__(self, segmentation: Segmentation) -> None:
        super().__init__()
        self._segmentation = segmentation

    def notify(self, context: Any) -> None:
        """Tell everybody who wants to hear of questions."""
        tell(
            self._segmentation,
            "question",
            context,
            f"A version of {self._segmentation.name} waits for your decision in Airflow.",
        )


def faults(segmentation: Segmentation) -> list[InputError]:
    """What is wrong with the notifications of a segmentation file."""
    found = []
    for place, notification in enumerate(segmentation.notifications):
        try:
            notifier = _made(notification)
            environment = notifier.get_template_env()
            for field in notifier.template_fields:
                for text in _texts(getattr(notifier, field, None)):
                    environment.from_string(text)
        except (Exception, SystemExit) as error:  # whatever a class of somebody else raises
            found.append(
                InputError(
                    f"{SEGMENTATIONS / segmentation.name}.yaml: notifications.{place}: "
                    f"{notification.notifier} cannot be made of these arguments: {error}"
                )
            )
    return found


def _made(notification: Notification) -> BaseNotifier:
    kind = pkgutil.resolve_name(notification.notifier)
    if not (isinstance(kind, type) and issubclass(kind, BaseNotifier)):
        raise TypeError("it is no notifier of Airflow")
    return kind(**notification.arguments)


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value as YAML has them: each may be a template."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(value.values())
    elif isinstance(value, Iterable):
        for each in value:
            yield from _texts(each)
