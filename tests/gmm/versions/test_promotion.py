"""Who becomes the champion, whatever the order in which things happen."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from include.gmm.promotion_record import Gate, Promoted, Succession
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.summary import Caution, Summary
from include.gmm.training import _choice
from include.gmm.versions import artifacts, champion, promotion, pruning, saved_summary
from include.gmm.versions.promotion import compare_anew, promote
from include.gmm.versions.records import Reference
from include.gmm.versions.seal import sealed
from tests.gmm.snapshots import evaluate, opened, rows_of, train
from tests.gmm.store.servers import TESTED, OpenStore
from tests.gmm.versions.examples import appointed

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def page(summary: Summary) -> str:
    """In the place of the whole page the ids of the segments, and what to be wary of."""
    return " ".join([*(str(each.number) for each in summary.segments), *summary.cautions])


@pytest.fixture
def store(open_store: OpenStore, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Where the versions are; their page, which takes a second, is drawn in other tests."""
    monkeypatch.setattr("include.gmm.page.export.report", page)
    return open_store()


@pytest.fixture
def version(
    store: Store, shoppers: pd.DataFrame, segmentation: Segmentation
) -> Callable[..., tuple[Reference, Succession]]:
    """Train and evaluate a version of the data of some day."""

    def made(day: int, frame: pd.DataFrame = shoppers) -> tuple[Reference, Succession]:
        reference = train(frame, segmentation, store, "x", as_of=FIRST + timedelta(days=day))
        return reference, evaluate(store, reference, frame, "x").succession

    return made


@pytest.fixture
def promoted(
    store: Store, shoppers: pd.DataFrame, segmentation: Segmentation
) -> Callable[..., Promoted]:
    """Promote a version in a mode; its rows are those of the fixture."""

    def become(
        made: tuple[Reference, Succession], mode: str = "enabled", approved: bool = False
    ) -> Promoted:
        rules = segmentation.promotion.model_copy(update={"mode": mode})
        settings = segmentation.model_copy(update={"promotion": rules})
        return promote(
            store,
            *made,
            settings,
            lambda: opened(shoppers, segmentation.features),
            actor="a test",
            approved=approved,
        )

    return become


def failing(made: tuple[Reference, Succession]) -> tuple[Reference, Succession]:
    """The same version with a gate that it does not pass."""
    reference, succession = made
    gate = Gate(
        name="stability", title="Stability", value=0.1, limit=0.8, passed=False, sentence="Too low."
    )
    others = [each for each in succession.gates if each.name != gate.name]
    return reference, succession.model_copy(update={"gates": [*others, gate]})


def of_now(store: Store) -> str | None:
    present = champion.read(store, "shoppers")
    return present.reference.version if present else None


def test_the_first_version_that_passes_becomes_the_champion(
    store: Store, version: Any, promoted: Any
) -> None:
    made = version(1)
    outcome = promoted(made)
    assert (outcome.outcome, outcome.serial) == ("promoted", 1)
    assert of_now(store) == made[0].version


def test_a_newer_version_replaces_the_champion_and_keeps_its_segment_ids(
    store: Store, version: Any, promoted: Any
) -> None:
    promoted(version(1))
    made = version(2)
    assert promoted(made).outcome == "promoted"
    present = champion.read(store, "shoppers")
    assert present is not None
    assert (present.reference, present.segment_ids) == (made[0], (1, 2))


def test_a_backfill_never_replaces_a_newer_champion(
    store: Store, version: Any, promoted: Any
) -> None:
    newer, older = version(9), version(3)
    promoted(newer)
    outcome = promoted(older)
    assert outcome.outcome == "superseded"
    assert newer[0].version in outcome.sentence
    assert of_now(store) == newer[0].version


def test_an_older_version_does_not_come_in_after_a_rollback(
    store: Store, version: Any, promoted: Any
) -> None:
    first, late, newest = version(1), version(2), version(3)
    promoted(first)
    promoted(newest)
    champion.roll_back(store, "shoppers", "a test")
    assert promoted(late).outcome == "superseded"
    assert of_now(store) == first[0].version


def test_a_retry_of_a_promotion_changes_nothing(store: Store, version: Any, promoted: Any) -> None:
    made = version(1)
    promoted(made)
    assert promoted(made).outcome == "promoted"
    assert len(champion.history(store, "shoppers")) == 1


def test_a_late_retry_does_not_bring_a_former_champion_back(
    store: Store, version: Any, promoted: Any
) -> None:
    first = version(1)
    promoted(first)
    second = version(2)
    promoted(second)
    assert promoted(first).outcome == "superseded"
    assert of_now(store) == second[0].version


def test_a_version_that_fails_a_gate_is_kept_out_and_told_why(
    store: Store, version: Any, promoted: Any
) -> None:
    promoted(version(1))
    before = of_now(store)
    outcome = promoted(failing(version(2)))
    assert outcome.outcome == "kept"
    assert "Stability: Too low." in outcome.sentence
    assert of_now(store) == before


@pytest.mark.parametrize(
    ("mode", "passes", "outcome"),
    [
        ("dry_run", True, "would_promote"),
        ("dry_run", False, "would_keep"),
        ("disabled", True, "disabled"),
    ],
)
def test_other_modes_say_what_they_would_do_and_do_nothing(
    store: Store, version: Any, promoted: Any, mode: str, passes: bool, outcome: str
) -> None:
    made = version(1)
    assert promoted(made if passes else failing(made), mode).outcome == outcome
    assert of_now(store) is None


def test_a_person_may_overrule_the_gates(store: Store, version: Any, promoted: Any) -> None:
    made = failing(version(1))
    assert promoted(made, "manual", approved=True).outcome == "promoted"
    present = champion.read(store, "shoppers")
    assert present is not None
    assert present.cause == "person"


def test_what_a_person_approved_is_no_approval_of_another_comparison(
    store: Store, version: Any, promoted: Any
) -> None:
    shown = version(5)
    promoted(version(1))
    outcome = promoted(shown, "manual", approved=True)
    assert outcome.outcome == "superseded"
    assert of_now(store) != shown[0].version


def test_a_version_is_compared_anew_with_a_champion_that_came_meanwhile(
    store: Store, version: Any, promoted: Any
) -> None:
    first, second = version(1), version(2)
    assert second[1].champion is None
    promoted(first)
    outcome = promoted(second)
    assert outcome.outcome == "promoted"
    assert outcome.succession.champion == first[0].version
    assert saved_summary.read(store, second[0]).succession == outcome.succession
    assert outcome.sentence in store.read(artifacts.file_of(second[0], "card.md")).decode()


def test_ids_of_a_later_comparison_are_those_of_the_summary_its_page_and_the_card(
    store: Store, version: Any, promoted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    frequent = Caution(sentence="sits on one value.", component=0)
    monkeypatch.setattr(
        "include.gmm.training._choice",
        lambda *given: _choice(*given).model_copy(update={"warnings": [frequent]}),
    )
    first, second = version(1), version(2)  # beside no champion, both
    appointed(store, first[0], (8, 5))
    succession = promoted(second).succession
    ids = succession.segment_ids
    assert {*ids} == {8, 5}
    told = f"Segment {ids[0]} sits on one value."
    summary = saved_summary.read(store, second[0])
    assert ([each.number for each in summary.segments], summary.cautions) == ([*ids], [told])
    assert store.read(artifacts.file_of(second[0], "report.html")).decode() == page(summary)
    assert f"- {told[:-1]}" in store.read(artifacts.file_of(second[0], "card.md")).decode()


def test_a_clock_that_was_wrong_once_keeps_no_later_version_out(
    store: Store, version: Any, promoted: Any
) -> None:
    """It told the year 2999; the record stays as it is, and stands in nobody's way."""
    first, _ = version(1)
    manifest = artifacts.load_manifest(store, first)
    moments = {"as_of": "2999-01-01T00:00:00+00:00", "appointed_at": "2999-01-01T00:00:01+00:00"}
    appointed = champion.appoint(store, None, first, manifest, (1, 2), "gates", "a test")
    (record,) = store.list("shoppers/champions")
    store.replace(record, sealed(appointed.model_copy(update=moments)))
    second = version(2)
    assert promoted(second).outcome == "promoted"
    assert of_now(store) == second[0].version


def test_an_old_version_that_is_refused_is_still_there_to_be_promoted_anyway(
    store: Store,
    version: Any,
    promoted: Any,
    shoppers: pd.DataFrame,
    segmentation: Segmentation,
) -> None:
    old, *_, newest = (version(day) for day in range(4))
    promoted(newest)
    rules = segmentation.promotion.model_copy(update={"keep_versions": 2})
    few = segmentation.model_copy(update={"promotion": rules})
    refused = promote(
        store, old[0], old[1], few, lambda: opened(shoppers, segmentation.features), actor="a test"
    )
    assert refused.outcome == "superseded"
    assert artifacts.versions(store, "shoppers")[0] == old[0].version
    anyway = compare_anew(
        store,
        old[0],
        few,
        rows_of(shoppers, few.features),
        old[1],
        champion.read(store, "shoppers"),
    )
    appointed = promote(
        store,
        old[0],
        anyway,
        few,
        lambda: opened(shoppers, segmentation.features),
        actor="me",
        approved=True,
    )
    assert appointed.outcome == "promoted"


class Turns:
    """Lets one thread go on at a time, from one point where all of them stop to the next."""

    def __init__(self, seed: int) -> None:
        self.dice = np.random.default_rng(seed)
        self.waiting: dict[int, threading.Event] = {}
        self.arrived = threading.Condition()
        self.busy = 0
        self.done: list[object] = []  # what the works returned

    def stop(self) -> None:
        """Called by a thread: wait for its turn."""
        turn = threading.Event()
        with self.arrived:
            self.waiting[threading.get_ident()] = turn
            self.busy -= 1
            self.arrived.notify()
        assert turn.wait(300), "out of turn nothing would be shown"

    def run(self, works: list[Callable[[], object]]) -> None:
        """All of the works, interleaved at random."""

        def worker(work: Callable[[], object]) -> None:
            self.stop()
            try:
                self.done.append(work())
            finally:
                with self.arrived:
                    self.busy -= 1
                    self.arrived.notify()

        threads = [threading.Thread(target=worker, args=(work,)) for work in works]
        self.busy = len(threads)
        for thread in threads:
            thread.start()
        for _ in self._turns(threads):
            pass

    def _turns(self, threads: list[threading.Thread]) -> Iterator[None]:
        while any(thread.is_alive() for thread in threads):
            with self.arrived:
                self.arrived.wait_for(lambda: self.busy == 0, timeout=30)
                if not self.waiting:
                    break
                chosen = int(self.dice.choice(sorted(self.waiting)))
                self.busy += 1
                self.waiting.pop(chosen).set()
            yield
        for thread in threads:
            thread.join(30)


@pytest.mark.parametrize("open_store", TESTED, indirect=True)
def test_the_champion_is_the_newest_that_passed_over_many_interleavings(
    store: Store,
    rounds: int,
    version: Any,
    promoted: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Live runs, a backfill, and a retry that finishes late stop at each read and each write."""
    made = [version(day) for day in (1, 2, 3, 4)]
    ages = {each[0].version: day for day, each in enumerate(made)}
    held: list[Turns] = []

    def stopping[**P, R](function: Callable[P, R]) -> Callable[P, R]:
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            held[0].stop()
            return function(*args, **kwargs)

        return wrapper

    monkeypatch.setattr(champion, "history", stopping(champion.history))
    monkeypatch.setattr(champion, "appoint", stopping(champion.appoint))
    # Cheap stand-ins for what takes time and is tested above: the comparison and the records.
    monkeypatch.setattr(
        promotion,
        "compare_anew",
        lambda *args: args[4].model_copy(update={"serial": champion.serial_of(args[5])}),
    )
    monkeypatch.setattr(promotion, "_keep", lambda *_: None)
    monkeypatch.setattr(pruning, "prune", lambda *_: [])

    for seed in range(rounds):
        dice = np.random.default_rng([seed, 1])
        held[:] = [Turns(seed)]
        passing = [dice.random() < 0.7 for _ in made]
        attempts = [each if ok else failing(each) for each, ok in zip(made, passing, strict=True)]
        attempts.append(attempts[int(dice.integers(len(made)))])  # a first attempt thought dead
        attempts = [attempts[place] for place in dice.permutation(len(attempts))]
        held[0].run([partial(promoted, each) for each in attempts])
        assert len(held[0].done) == len(attempts)
        newest = max((day for day, ok in enumerate(passing) if ok), default=None)
        present = of_now(store)
        assert (None if present is None else ages[present]) == newest, f"seed {seed}"
        store.delete(*store.list("shoppers/champions"))
