"""Whom to tell, through the notifiers of Airflow that a segmentation file names."""

from __future__ import annotations

import logging
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any, cast

from airflow.sdk import BaseNotifier

from include.gmm.errors import InputError
from include.gmm.settings import Event, Notification, Segmentation

log = logging.getLogger(__name__)


def tell(
    segmentation: Segmentation, event: Event, context: Mapping[str, Any], sentence: str
) -> None:
    """Notify everybody who wants to hear of the event; `sentence` is there for their templates.

    A notifier that fails is logged: what it tells of has happened all the same.
    """
    told = {**context, "event": event, "sentence": sentence, "segmentation": segmentation.name}
    for notification in segmentation.notifications:
        if event in notification.on:
            try:
                _made(notification)(cast("Any", told))
            except Exception:
                log.exception("%s could not tell of %s", notification.notifier, event)


def on_failure(segmentation: Segmentation) -> Callable[[Any], None]:
    """A callback for tasks that have failed for good."""

    def failed(context: Any) -> None:
        task = context["ti"]
        tell(segmentation, "failure", context, f"{task.dag_id}: task {task.task_id} failed.")

    return failed


def faults(segmentation: Segmentation) -> list[InputError]:
    """What is wrong with the notifications of a segmentation file."""
    found = []
    for place, notification in enumerate(segmentation.notifications):
        try:
            _made(notification)
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            found.append(
                InputError(
                    f"segmentation {segmentation.name!r}: notifications.{place}: "
                    f"{notification.notifier} cannot be made of these arguments: {error}"
                )
            )
    return found


def _made(notification: Notification) -> BaseNotifier:
    kind = pkgutil.resolve_name(notification.notifier)
    if not (isinstance(kind, type) and issubclass(kind, BaseNotifier)):
        raise TypeError("it is no notifier of Airflow")
    return kind(**notification.arguments)
