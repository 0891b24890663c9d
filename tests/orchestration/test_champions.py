"""The champion in the store, held against what Airflow knows of it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("airflow", reason="needs Airflow")

from include.gmm.store import Store, store_at
from include.gmm.versions import champion
from include.gmm.versions.champion import LostError
from include.gmm.versions.records import Champion, Reference
from include.orchestration import champions
from include.orchestration.assets import champion_asset, maybe

VERSION = "2026010{}T000000Z-00000000"


class Events(list[Any]):
    """As Airflow hands them out: the newest first where that is asked for."""

    def ascending(self, ascending: bool) -> Events:
        return Events(self if ascending else self[::-1])

    def limit(self, limit: int) -> Events:
        return Events(self[:limit])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Events:
    """The events of the champion's Asset; what a task adds is among them."""
    events, asset = Events(), champion_asset("shop")

    def add(_: object, extra: dict[str, Any]) -> None:
        events.append(SimpleNamespace(extra=extra))

    context = {
        "params": {},
        "inlet_events": {asset: events},
        "outlet_events": {maybe(asset): SimpleNamespace(add=add)},
    }
    monkeypatch.setattr(champions, "get_current_context", lambda: context)
    monkeypatch.setattr(events, "context", context, raising=False)
    return events


@pytest.fixture
def store(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Store:
    store = store_at(tmp_path / "store")
    monkeypatch.setattr(champions, "configured", lambda: store)
    return store


@pytest.fixture
def appoint(store: Store) -> Callable[[int], Champion]:
    """Make a version the champion."""

    def appointed(day: int) -> Champion:
        version = VERSION.format(day)
        reference = Reference(segmentation="shop", version=version, manifest_sha256="0" * 64)
        manifest: Any = SimpleNamespace(as_of=f"2026-01-0{day}")
        present = champion.read(store, "shop")
        return champion.appoint(store, present, reference, manifest, (1, 2), "gates", "a run")

    return appointed


def test_an_event_has_the_whole_record(appoint: Callable[[int], Champion], told: Events) -> None:
    record = appoint(1)
    champions.tell_of("shop", 1)
    assert Champion.model_validate(told[-1].extra) == record
    champions.tell_of("shop", 1)
    assert len(told) == 1, "what Airflow knows already is no news"


def test_a_champion_made_at_the_command_line_is_told_of_later(
    appoint: Callable[[int], Champion], told: Events
) -> None:
    appoint(1)
    champions.tell_of("shop", 1)
    second = appoint(2)
    assert champions.present_champion("shop") == second
    champions.tell_of("shop", 2)
    assert Champion.model_validate(told[-1].extra) == second


def test_before_the_first_champion_there_is_none(store: Store, told: Events) -> None:
    assert champions.present_champion("shop") is None
    champions.tell_of("shop", 0)
    assert told == []


def test_a_store_that_has_lost_the_champion_is_told_with_what_to_do(
    appoint: Callable[[int], Champion], store: Store, told: Events
) -> None:
    appoint(1)
    champions.tell_of("shop", 1)
    store.delete(*store.list("shop"))
    with pytest.raises(LostError) as caught:
        champions.present_champion("shop")
    message = str(caught.value)
    for part in (VERSION.format(1), "by a run", "has no champion", "GMM_STORE", '"Start over"'):
        assert part in message
    assert store.address("shop") in message


def test_a_store_that_is_older_than_what_airflow_knows_has_lost_it_as_well(
    appoint: Callable[[int], Champion], store: Store, told: Events
) -> None:
    appoint(1)
    appoint(2)
    champions.tell_of("shop", 2)
    store.delete("shop/champions/000002.json")
    with pytest.raises(LostError, match=rf"has {VERSION.format(1)} as the latest one"):
        champions.present_champion("shop")


def test_another_store_with_as_many_champions_is_not_taken_for_it(
    appoint: Callable[[int], Champion], store: Store, told: Events
) -> None:
    appoint(1)
    champions.tell_of("shop", 1)
    store.delete(*store.list("shop"))
    appoint(1)
    with pytest.raises(LostError):
        champions.present_champion("shop")


def test_a_run_that_was_asked_to_start_over_goes_on_with_what_is_left(
    appoint: Callable[[int], Champion], store: Store, told: Any
) -> None:
    appoint(1)
    champions.tell_of("shop", 1)
    store.delete(*store.list("shop"))
    told.context["params"] = {champions.START_OVER: True}
    assert champions.present_champion("shop") is None
    anew = appoint(2)
    champions.tell_of("shop", 1)
    told.context["params"] = {}
    assert champions.present_champion("shop") == anew


@pytest.mark.parametrize("extra", [{}, {"version": "some", "serial": 3}])
def test_an_event_that_is_no_record_says_nothing(
    store: Store, told: Events, extra: dict[str, Any]
) -> None:
    told.append(SimpleNamespace(extra=extra))
    assert champions.present_champion("shop") is None
