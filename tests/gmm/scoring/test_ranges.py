"""Each range once, and whole."""

from pathlib import Path

import pytest

from include.gmm.errors import InputError
from include.gmm.model import Model
from include.gmm.scoring.plan import ScoringPlan
from include.gmm.scoring.ranges import score_range
from include.gmm.settings import Segmentation
from include.gmm.snapshot import forget
from include.gmm.store import Store
from include.gmm.versions.records import Reference
from tests.gmm.scoring.champions import plan_scoring
from tests.gmm.scoring.reading import frame, run


@pytest.fixture
def plan(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> ScoringPlan:
    return plan_scoring(store, scored, reference, ids, path)


def test_a_range_has_the_rows_in_order_of_their_keys(
    store: Store, plan: ScoringPlan, path: Path
) -> None:
    assert score_range(store, plan, 2, path) == 500
    found = frame(path, plan.staging)["shopper"]
    assert list(found) == sorted(f"s{number}" for number in range(2500))[2000:]


def test_a_range_that_is_done_is_not_scored_again(
    store: Store, plan: ScoringPlan, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score_range(store, plan, 0, path)
    monkeypatch.setattr(Model, "of", lambda *_: pytest.fail("scored again"))
    assert score_range(store, plan, 0, path) == 1000
    assert len(frame(path, plan.staging)) == 1000


def test_the_rows_are_those_of_the_plan_whatever_comes_after_it(
    store: Store, plan: ScoringPlan, path: Path
) -> None:
    run(path, "DELETE FROM shopper_features")
    assert score_range(store, plan, 0, path) == 1000


def test_features_that_are_gone_from_the_store_are_named_and_nothing_is_written(
    store: Store, plan: ScoringPlan, path: Path
) -> None:
    forget(store, plan.snapshot)
    with pytest.raises(InputError, match=rf"{plan.snapshot.name}.* Run the whole DAG again"):
        score_range(store, plan, 0, path)
    assert len(frame(path, plan.staging)) == 0
    assert run(path, "FROM scores.ranges") == []


def test_a_plan_that_was_replaced_is_refused(
    store: Store,
    plan: ScoringPlan,
    scored: Segmentation,
    reference: Reference,
    ids: list[int],
    path: Path,
) -> None:
    plan_scoring(store, scored, reference, ids[::-1], path)
    with pytest.raises(InputError, match=r"'shoppers_segments'.*no longer open"):
        score_range(store, plan, 0, path)
