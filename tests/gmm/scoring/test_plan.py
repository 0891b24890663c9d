"""What a plan says of ranges, and what it takes up from an earlier attempt."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.scoring.plan import KeyRange, ScoringPlan, plan_scoring
from include.gmm.scoring.ranges import score_range
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.training import train
from include.gmm.versions.artifacts import Reference
from tests.gmm.scoring.reading import run, tables


@dataclass(frozen=True)
class Planner:
    """Makes the plan once more."""

    store: Store
    settings: Segmentation
    reference: Reference
    ids: list[int]
    path: Path

    def __call__(self) -> ScoringPlan:
        return plan_scoring(self.store, self.settings, self.reference, self.ids, self.path)


@pytest.fixture
def planned(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> Planner:
    return Planner(store, scored, reference, ids, path)


def test_text_keys_are_cut_in_their_order(planned: Planner) -> None:
    keys = sorted(f"s{number}" for number in range(2500))
    assert planned().ranges == [
        KeyRange(first=keys[0], last=keys[999], rows=1000),
        KeyRange(first=keys[1000], last=keys[1999], rows=1000),
        KeyRange(first=keys[2000], last=keys[2499], rows=500),
    ]


@pytest.mark.parametrize("kind", ["INTEGER", "HUGEINT", "DECIMAL(18, 2)", "DOUBLE"])
def test_keys_that_are_numbers_are_cut_in_their_order(planned: Planner, kind: str) -> None:
    change = f"ALTER TABLE shopper_features ALTER shopper TYPE {kind} USING shopper[2:]::{kind}"
    run(planned.path, change)
    plan = planned()
    ends = [(float(part.first), float(part.last)) for part in plan.ranges]
    assert ends == [(0, 999), (1000, 1999), (2000, 2499)]
    assert [score_range(planned.store, plan, at, planned.path) for at in range(3)] == [
        1000,
        1000,
        500,
    ]


def test_a_plan_goes_through_json(planned: Planner) -> None:
    plan = planned()
    assert ScoringPlan.model_validate_json(plan.model_dump_json()) == plan


def test_a_second_attempt_at_the_same_is_the_same_plan(planned: Planner) -> None:
    first = planned()
    score_range(planned.store, first, 1, planned.path)
    assert planned() == first
    assert run(planned.path, "SELECT number, rows FROM scores.ranges") == [(1, 1000)]


def test_the_order_of_rows_in_the_table_makes_no_difference(planned: Planner) -> None:
    first = planned()
    run(
        planned.path, "CREATE OR REPLACE TABLE shopper_features AS FROM shopper_features ORDER BY 2"
    )
    assert planned() == first


def test_other_features_are_another_plan_and_the_first_is_dropped(planned: Planner) -> None:
    first = planned()
    score_range(planned.store, first, 0, planned.path)
    run(planned.path, "UPDATE shopper_features SET visits = visits + 1 WHERE shopper = 's17'")
    second = planned()
    assert second.id != first.id
    assert tables(planned.path) == ["plans", "ranges", f"shoppers_segments@{second.id}"]
    assert run(planned.path, "FROM scores.ranges") == []


@pytest.mark.parametrize("key", ["Entropy", "probability", "probability_7", "segment_id"])
def test_a_key_that_is_called_as_a_column_of_the_scores_is_refused(
    store: Store,
    scored: Segmentation,
    shoppers: pd.DataFrame,
    ids: list[int],
    path: Path,
    key: str,
) -> None:
    features = scored.features.model_copy(update={"key": key})
    settings = scored.model_copy(update={"features": features})
    reference = train(shoppers.rename(columns={"shopper": key}), settings, store, "shoppers")
    with pytest.raises(InputError, match=f"key '{key}': scores have a column of that name"):
        plan_scoring(store, settings, reference, ids, path)
