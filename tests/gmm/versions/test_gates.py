"""The gates: what passes, what fails, and what fails because it cannot be told."""

from __future__ import annotations

import pytest

from include.gmm.summary import Choice
from include.gmm.versions import gates
from tests.gmm.page.examples import example


def collapsed(choice: Choice, n_components: int, covariance_type: str) -> Choice:
    """The same choice, but one of the candidates is degenerate."""
    return choice.model_copy(
        update={
            "candidates": [
                each.model_copy(update={"degenerate": True, "reason": "left with 1.0 rows"})
                if (each.n_components, each.covariance_type) == (n_components, covariance_type)
                else each
                for each in choice.candidates
            ]
        }
    )


@pytest.mark.parametrize(
    ("challenger", "passed"), [(-6.0, True), (-7.0, True), (-7.25, True), (-7.2501, False)]
)
def test_a_version_may_be_worse_than_the_champion_by_the_limit(
    challenger: float, passed: bool
) -> None:
    gate = gates.log_likelihood(challenger, -7.0, 0.25)
    assert gate.passed is passed
    assert gate.value == challenger + 7.0
    assert gate.limit == -0.25


def test_the_log_likelihoods_are_told_with_their_difference() -> None:
    said = gates.log_likelihood(-7.3, -7.1, 0.05).sentence
    sentence = said.replace("\N{MINUS SIGN}", "-")
    assert said.count("\N{MINUS SIGN}") == 4
    assert "-7.300 nats per held-out row against -7.100 of the champion: -0.200" in sentence
    assert "-0.050 is the least" in sentence


@pytest.mark.parametrize("known", [(None, -7.0), (-7.0, None), (None, None)])
def test_a_log_likelihood_that_cannot_be_told_fails(
    known: tuple[float | None, float | None],
) -> None:
    gate = gates.log_likelihood(*known, 100.0)
    assert (gate.value, gate.passed) == (None, False)
    assert "cannot be told" in gate.sentence


def test_a_choice_without_a_collapsed_component_passes() -> None:
    choice = example(segments=3)
    gate = gates.degenerate(choice)
    chosen = next(
        each
        for each in choice.candidates
        if (each.n_components, each.covariance_type) == (3, choice.covariance_type)
    )
    assert gate.passed
    assert (gate.value, gate.limit) == (chosen.smallest_eigenvalue, chosen.eigenvalue_floor)


def test_a_chosen_mixture_that_collapsed_fails_with_its_reason() -> None:
    gate = gates.degenerate(collapsed(example(segments=3), 3, "full"))
    assert not gate.passed
    assert gate.sentence == "Degenerate: left with 1.0 rows."


@pytest.mark.parametrize("other", [(3, "full"), (3, "diag"), (4, "tied")])
def test_it_does_not_matter_whether_other_candidates_collapsed(other: tuple[int, str]) -> None:
    choice = example(segments=3).model_copy(update={"covariance_type": "tied"})
    assert gates.degenerate(collapsed(choice, *other)).passed


@pytest.mark.parametrize(
    ("shares", "passed"),
    [([0.5, 0.5], True), ([0.875, 0.125], True), ([0.25, 0.1, 0.65], False), ([1.0, 0.0], False)],
)
def test_the_smallest_segment_counts(shares: list[float], passed: bool) -> None:
    gate = gates.smallest_share(shares, 0.125)
    assert (gate.value, gate.passed) == (min(shares), passed)


@pytest.mark.parametrize(("share", "passed"), [(1.0, True), (0.75, True), (0.7499, False)])
def test_a_version_is_stable_from_the_limit_on(share: float, passed: bool) -> None:
    gate = gates.stability(share, 0.75)
    assert (gate.value, gate.limit, gate.passed) == (share, 0.75, passed)


@pytest.mark.parametrize(("share", "passed"), [(0.0, True), (0.5, True), (0.5001, False)])
def test_rows_may_move_up_to_the_limit(share: float, passed: bool) -> None:
    gate = gates.moved(share, 0.5)
    assert (gate.value, gate.limit, gate.passed) == (share, 0.5, passed)


def test_moves_that_cannot_be_told_fail_whatever_the_limit() -> None:
    gate = gates.moved(None, 1.0)
    assert (gate.value, gate.passed) == (None, False)
    assert "cannot be told" in gate.sentence
