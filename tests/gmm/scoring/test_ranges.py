"""Each range once, and whole."""

import pytest

from include.gmm.errors import InputError
from include.gmm.model import Model
from include.gmm.scoring.plan import ScoringPlan
from include.gmm.scoring.ranges import score_range
from include.gmm.settings import Segmentation
from include.gmm.snapshot import forget
from include.gmm.store import Store
from include.gmm.versions.records import Reference
from include.gmm.warehouse import Warehouse
from tests.gmm.scoring.champions import plan_scoring
from tests.gmm.scoring.reading import ranges, run, staged


@pytest.fixture
def plan(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> ScoringPlan:
    return plan_scoring(store, scored, reference, ids, warehouse)


def test_a_range_has_the_rows_in_order_of_their_keys(
    store: Store, plan: ScoringPlan, warehouse: Warehouse
) -> None:
    assert score_range(store, plan, 2, warehouse) == 500
    found = staged(warehouse, f"{plan.view}@{plan.id}")["shopper"]
    assert list(found) == sorted(f"s{number}" for number in range(2500))[2000:]


def test_a_range_that_is_done_is_not_scored_again(
    store: Store, plan: ScoringPlan, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    score_range(store, plan, 0, warehouse)
    monkeypatch.setattr(Model, "of", lambda *_: pytest.fail("scored again"))
    assert score_range(store, plan, 0, warehouse) == 1000
    assert len(staged(warehouse, f"{plan.view}@{plan.id}")) == 1000


def test_the_rows_are_those_of_the_plan_whatever_comes_after_it(
    store: Store, plan: ScoringPlan, warehouse: Warehouse
) -> None:
    run(warehouse, "DELETE FROM shopper_features")
    assert score_range(store, plan, 0, warehouse) == 1000


def test_features_that_are_gone_from_the_store_are_named_and_nothing_is_written(
    store: Store, plan: ScoringPlan, warehouse: Warehouse
) -> None:
    forget(store, plan.snapshot)
    with pytest.raises(InputError, match=rf"{plan.snapshot.name}.* Run the whole DAG again"):
        score_range(store, plan, 0, warehouse)
    assert len(staged(warehouse, f"{plan.view}@{plan.id}")) == 0
    assert ranges(warehouse) == []


def test_a_plan_that_was_replaced_is_refused(
    store: Store,
    plan: ScoringPlan,
    scored: Segmentation,
    reference: Reference,
    ids: list[int],
    warehouse: Warehouse,
) -> None:
    plan_scoring(store, scored, reference, ids[::-1], warehouse)
    with pytest.raises(InputError, match=r"'shoppers_segments'.*no longer open"):
        score_range(store, plan, 0, warehouse)
