"""What is loaded is no garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from plugins.gmm_summaries import app


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(app, "_loaded", set())
    yield
    gc.unfreeze()


def test_what_is_there_when_a_part_is_loaded_is_looked_at_no_more() -> None:
    gc.unfreeze()
    app.stays_loaded("pages")
    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < 10_000


def test_only_the_first_time_counts() -> None:
    app.stays_loaded("pages")
    made_later: list[list[int]] = [[]]
    app.stays_loaded("pages")
    assert looked_at(made_later)
    app.stays_loaded("charts")
    assert not looked_at(made_later)


def looked_at(thing: object) -> bool:
    """Whether Python's collector looks whether it is garbage."""
    return any(each is thing for each in gc.get_objects())
