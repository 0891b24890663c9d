"""The champion: the store has it, and Airflow knows it by the latest event of its Asset.

A disk may be lost or not be shared: then a store that is empty is no store without a champion.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow.sdk import get_current_context
from pydantic import ValidationError

from include.gmm.store import configured
from include.orchestration.assets import champion_asset, maybe

if TYPE_CHECKING:
    from include.gmm.versions.records import Champion

START_OVER = "start_over"  # in the trigger form of training

log = logging.getLogger(__name__)


def present_champion(name: str) -> Champion | None:
    """The champion in the store, which is one with what Airflow knows.

    The task needs the champion's Asset among its inlets. Raises InputError where the store has lost
    the champion that Airflow knows of, unless the run was asked to start over.
    """
    from include.gmm.versions import champion

    told = _told_of(name)
    try:
        return champion.known_to(configured(), name, told)
    except champion.LostError as error:
        if not get_current_context()["params"].get(START_OVER):
            raise
        log.warning("Starting over, as asked for: %s", error)
        return champion.read(configured(), name)


def tell_of(name: str, serial: int) -> None:
    """Add an event of the champion's Asset with the whole record, unless Airflow knows it."""
    from include.gmm.versions import champion

    if serial == 0:
        return
    record = champion.history(configured(), name)[serial - 1]
    if record != _told_of(name):
        asset = champion_asset(name)
        events = get_current_context()["outlet_events"][maybe(asset)]
        events.add(asset, extra=record.model_dump(mode="json"))


def _told_of(name: str) -> Champion | None:
    """The record in the latest event; None where there is none that can be read."""
    from include.gmm.versions.records import Champion

    events = get_current_context()["inlet_events"][champion_asset(name)]
    latest = list(events.ascending(False).limit(1))
    try:
        return Champion.model_validate(latest[0].extra) if latest else None
    except ValidationError:
        log.warning("The latest event of %s is no record of a champion", champion_asset(name).name)
        return None
