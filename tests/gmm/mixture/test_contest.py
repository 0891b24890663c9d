"""Which of the climbs of one candidate go on."""

from dataclasses import replace

import numpy as np
import pytest

from include.gmm.mixture.contest import (
    AGREEMENT,
    FINALISTS,
    MARGIN,
    NEAR,
    NEWS,
    Contest,
)
from include.gmm.mixture.em.climb import Climb
from tests.gmm.mixture.examples import some_parameters


def climb_to(objective: float, failure: str = "") -> Climb:
    """One that has ended there."""
    climb = Climb(some_parameters(2, 2, "full", 0), "full")
    climb.objectives.append(objective)
    climb.failure = failure
    return climb


def different(climbs: list[Climb]) -> list[Climb]:
    """Those that a contest keeps of them."""
    contest = Contest(2, "full")
    contest.take_in(climbs)
    return contest.climbs


def objectives(climbs: list[Climb]) -> list[float]:
    return [climb.objective for climb in climbs]


def test_one_climb_of_each_optimum_goes_on_the_best_first() -> None:
    low, high, twin = -2 - 0.5 * MARGIN, -2.0, -2 - 0.5 * AGREEMENT
    assert objectives(different([climb_to(low), climb_to(high), climb_to(twin)])) == [high, low]


def test_climbs_too_far_behind_the_best_do_not_go_on() -> None:
    assert objectives(different([climb_to(-2.0), climb_to(-2 - 1.5 * MARGIN)])) == [-2]


def test_only_so_many_go_on() -> None:
    climbs = [climb_to(-2 - 2 * AGREEMENT * number) for number in range(3 * FINALISTS)]
    assert objectives(different(climbs)) == objectives(climbs[:FINALISTS])


def test_sound_climbs_come_before_collapsed_ones_that_are_likelier() -> None:
    sound, collapsed = climb_to(-5.0), climb_to(3.0, "a component collapsed")
    assert different([collapsed, sound]) == [sound]
    contest = Contest(2, "full", climbs=[collapsed, sound])
    assert contest.merit(sound) > contest.merit(collapsed)
    assert contest.best is sound


def test_sound_climbs_come_before_those_with_hardly_any_rows_in_a_component() -> None:
    sound, starved = climb_to(-5.0), climb_to(3.0)
    starved.parameters = replace(starved.parameters, weights=np.array([0.999, 0.001]))
    assert Contest(2, "full", climbs=[starved, sound]).best is starved
    assert Contest(2, "full", 0.002, climbs=[starved, sound]).best is sound


def test_where_all_collapse_one_of_them_is_kept_to_say_so() -> None:
    collapsed = [climb_to(3.0, "a component collapsed"), climb_to(4.0, "a component collapsed")]
    assert objectives(different(collapsed)) == [4]


def test_nothing_goes_on_from_nothing() -> None:
    assert different([]) == []


def test_a_contest_keeps_its_best_climbs() -> None:
    contest = Contest(2, "full", climbs=[climb_to(value) for value in (-3.0, -1.0, -2.0)])
    contest.keep(2)
    assert objectives(contest.climbs) == [-1, -2]


@pytest.mark.parametrize(("behind", "agreed"), [(0.5 * NEAR, 3), (2 * NEAR, 1)])
def test_starts_agree_that_came_near_the_best(behind: float, agreed: int) -> None:
    contest = Contest(2, "full", starts=3, reached=[-2.0, -2 - behind, -2 - behind])
    assert contest.starts_agreed == agreed


@pytest.mark.parametrize(("gain", "news"), [(0.0, False), (0.5 * NEWS, False), (2 * NEWS, True)])
def test_neighbours_hear_of_a_best_that_is_better_than_they_know(gain: float, news: bool) -> None:
    known = climb_to(-2.0)
    assert Contest(2, "full", climbs=[known]).has_news
    contest = Contest(2, "full", climbs=[known, climb_to(-2 + gain)], offered=known)
    assert contest.has_news == news


def test_a_sound_best_is_news_after_a_collapsed_one() -> None:
    collapsed, sound = climb_to(3.0, "a component collapsed"), climb_to(-5.0)
    contest = Contest(2, "full", climbs=[collapsed, sound], offered=collapsed)
    assert contest.has_news


def test_climbs_that_can_no_longer_come_to_the_best_are_given_up() -> None:
    near, far, collapsed = climb_to(-2 - 0.5 * MARGIN), climb_to(-3.0), climb_to(-3.0, "collapsed")
    tried = [far, near]
    assert Contest(2, "full").hopeful(tried) == [near, far]
    assert Contest(2, "full", climbs=[climb_to(-2.0)]).hopeful(tried) == [near]
    assert Contest(2, "full", climbs=[collapsed]).hopeful(tried) == [near, far]


def test_of_climbs_that_have_met_one_goes_on() -> None:
    low, high, twin = climb_to(-2.5), climb_to(-2.0), climb_to(-2 - 0.5 * AGREEMENT)
    assert Contest(2, "full").hopeful([low, twin, high]) == [high, low]
