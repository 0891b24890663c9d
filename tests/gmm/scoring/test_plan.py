"""What a plan says of ranges, and what it takes up from an earlier attempt."""

from dataclasses import dataclass

import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.scoring.plan import RowRange, ScoringPlan
from include.gmm.scoring.ranges import score_range
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions.records import Reference
from include.gmm.warehouse import Warehouse
from tests.gmm.scoring.champions import plan_scoring
from tests.gmm.scoring.reading import ranges, run, tables
from tests.gmm.snapshots import train


@dataclass(frozen=True)
class Planner:
    """Makes the plan once more."""

    store: Store
    settings: Segmentation
    reference: Reference
    ids: list[int]
    warehouse: Warehouse

    def __call__(self) -> ScoringPlan:
        return plan_scoring(self.store, self.settings, self.reference, self.ids, self.warehouse)


@pytest.fixture
def planned(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> Planner:
    return Planner(store, scored, reference, ids, warehouse)


def test_ranges_follow_each_other_and_have_all_rows(planned: Planner) -> None:
    assert planned().ranges == [
        RowRange(first=0, rows=1000),
        RowRange(first=1000, rows=1000),
        RowRange(first=2000, rows=500),
    ]


def test_a_plan_goes_through_json(planned: Planner) -> None:
    plan = planned()
    assert ScoringPlan.model_validate_json(plan.model_dump_json()) == plan


def test_a_second_attempt_at_the_same_is_the_same_plan(planned: Planner) -> None:
    first = planned()
    score_range(planned.store, first, 1, planned.warehouse)
    second = planned()
    assert (second.id, second.scored_at) == (first.id, first.scored_at)
    assert ranges(planned.warehouse) == [(1, 1000)]


def test_the_order_of_rows_in_the_table_makes_no_difference(planned: Planner) -> None:
    first = planned()
    run(planned.warehouse, "CREATE TABLE sorted AS SELECT * FROM shopper_features ORDER BY 2")
    run(planned.warehouse, "DROP TABLE shopper_features")
    run(planned.warehouse, "ALTER TABLE sorted RENAME TO shopper_features")
    assert planned().id == first.id


def test_other_features_are_another_plan_and_the_first_is_dropped(planned: Planner) -> None:
    first = planned()
    score_range(planned.store, first, 0, planned.warehouse)
    run(planned.warehouse, "UPDATE shopper_features SET visits = visits + 1 WHERE shopper = 's17'")
    second = planned()
    assert second.id != first.id
    assert tables(planned.warehouse) == [f"shoppers_segments@{second.id}"]
    assert ranges(planned.warehouse) == []


@pytest.mark.parametrize("key", ["Entropy", "probability", "probability_7", "segment_id"])
def test_a_key_that_is_called_as_a_column_of_the_scores_is_refused(
    store: Store,
    scored: Segmentation,
    shoppers: pd.DataFrame,
    ids: list[int],
    warehouse: Warehouse,
    key: str,
) -> None:
    features = scored.features.model_copy(update={"key": key})
    settings = scored.model_copy(update={"features": features})
    reference = train(shoppers.rename(columns={"shopper": key}), settings, store, "shoppers")
    with pytest.raises(InputError, match=f"key '{key}': scores have a column of that name"):
        plan_scoring(store, settings, reference, ids, warehouse)
