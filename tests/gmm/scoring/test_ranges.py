"""Each range once, and whole."""

from pathlib import Path

import numpy as np
import pytest

from include.gmm.errors import InputError
from include.gmm.scoring.engine import Engine
from include.gmm.scoring.plan import ScoringPlan, plan_scoring
from include.gmm.scoring.ranges import most_probable, score_range
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions.artifacts import Reference
from tests.gmm.scoring.reading import frame, run


@pytest.fixture
def plan(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> ScoringPlan:
    return plan_scoring(store, scored, reference, ids, path)


def test_a_range_has_the_rows_between_its_keys(store: Store, plan: ScoringPlan, path: Path) -> None:
    assert score_range(store, plan, 2, path) == 500
    found = frame(path, plan.staging)["shopper"]
    assert list(found) == sorted(f"s{number}" for number in range(2500))[2000:]


def test_a_range_that_is_done_is_not_scored_again(
    store: Store, plan: ScoringPlan, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score_range(store, plan, 0, path)
    monkeypatch.setattr(Engine, "memberships", lambda *_: pytest.fail("scored again"))
    assert score_range(store, plan, 0, path) == 1000
    assert len(frame(path, plan.staging)) == 1000


def test_nothing_is_left_of_a_range_whose_rows_are_not_those_of_the_plan(
    store: Store, plan: ScoringPlan, path: Path
) -> None:
    run(path, "INSERT INTO shopper_features VALUES ('s1000x', 1, 1, 1)")
    with pytest.raises(InputError, match="the features changed after the scoring"):
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


@pytest.mark.parametrize("n_components", [1, 2, 8, 300])
def test_the_most_probable_is_the_first_of_equal_ones(n_components: int) -> None:
    some = [0, 0.25, 0.5, np.nextafter(0.5, 1), 1]
    memberships = np.random.default_rng(1).choice(some, (n_components, 500))
    np.testing.assert_array_equal(most_probable(memberships), memberships.argmax(axis=0))
