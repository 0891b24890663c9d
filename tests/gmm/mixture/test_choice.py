"""Which candidate is chosen, by which rule, and in which words."""

import dataclasses

import numpy as np
import pytest

from include.gmm.errors import InputError
from include.gmm.mixture.choice import Candidate, Choice, Criterion, choose
from include.gmm.mixture.parameters import CovarianceType, Parameters

NOTHING = Parameters(np.ones(1), np.zeros((1, 1)), np.ones((1, 1)), (1,))


def candidate(
    k: int, bic: float, kind: CovarianceType = "full", reason: str = "", **changes: object
) -> Candidate:
    plain = Candidate(
        n_components=k,
        covariance_type=kind,
        log_likelihood=-bic / 2,
        degrees_of_freedom=k,
        bic=bic,
        icl=bic,
        aic=bic,
        smallest_eigenvalue=0.5,
        eigenvalue_floor=1e-5,
        reason=reason,
        converged=True,
        passes=10,
        starts=4,
        starts_agreed=4,
        seconds=0.1,
        parameters=NOTHING,
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


def chosen(values: dict[int, float], parsimony: float = 0.0) -> Choice:
    return choose([candidate(k, bic) for k, bic in values.items()], "bic", parsimony)


def test_the_lowest_criterion_is_chosen_without_parsimony() -> None:
    choice = chosen({1: 1000, 2: 200, 3: 100, 4: 110})
    assert choice.best.n_components == 3
    assert choice.rule == "Lowest BIC of 4 candidates."


@pytest.mark.parametrize(("parsimony", "k"), [(0.0, 4), (0.01, 4), (0.02, 3), (0.2, 2), (0.99, 2)])
def test_parsimony_takes_the_smallest_k_within_its_share_of_the_best_gain(
    parsimony: float, k: int
) -> None:
    # The best gain is 900; K = 3 has 98.9 % of it, K = 2 has 88.9 %, K = 1 nothing.
    assert chosen({1: 1000, 2: 200, 3: 110, 4: 100}, parsimony).best.n_components == k


def test_a_gain_of_exactly_the_share_is_enough() -> None:
    assert chosen({1: 1000, 2: 100, 3: 0}, 0.1).best.n_components == 2
    assert chosen({1: 1000, 2: 100.5, 3: 0}, 0.1).best.n_components == 3


def test_the_gain_counts_from_the_best_of_the_smallest_size_tried() -> None:
    candidates = [candidate(2, 500), candidate(2, 1000, "diag"), candidate(3, 110)]
    candidates.append(candidate(4, 100))
    # From 500 the gain of K = 3 is 97.5 % of the best; from 1000 it would be 98.9 %.
    assert choose(candidates, "bic", 0.02).best.n_components == 4


def test_parsimony_takes_the_best_type_of_its_size() -> None:
    candidates = [candidate(1, 1000), candidate(2, 105), candidate(2, 102, "tied")]
    candidates += [candidate(2, 400, "diag"), candidate(3, 100)]
    assert choose(candidates, "bic", 0.02).best.covariance_type == "tied"


def test_nothing_is_gained_where_the_smallest_is_the_best() -> None:
    assert chosen({1: 100, 2: 101, 3: 102}, 0.5).best.n_components == 1


def test_the_rule_names_the_share_the_criterion_and_the_optimum_that_was_passed_over() -> None:
    rule = chosen({1: 1000, 2: 200, 3: 110, 4: 100}, 0.02).rule
    assert "within 2 % of the best gain in BIC" in rule
    assert "4 components, full" in rule


@pytest.mark.parametrize(("criterion", "k"), [("bic", 2), ("icl", 3), ("aic", 1)])
def test_the_criterion_decides_and_is_named(criterion: Criterion, k: int) -> None:
    candidates = [candidate(size, abs(size - 2), icl=-size, aic=size) for size in (1, 2, 3)]
    choice = choose(candidates, criterion, 0)
    assert choice.best.n_components == k
    assert criterion.upper() in choice.rule
    assert criterion.upper() in choice.lead


def test_a_degenerate_candidate_is_never_chosen_nor_the_runner_up() -> None:
    candidates = [candidate(1, 100), candidate(2, 90), candidate(3, -500, reason="collapsed")]
    choice = choose(candidates, "bic", 0)
    assert choice.best.n_components == 2
    assert choice.runner_up is not None
    assert choice.runner_up.n_components == 1
    assert choice.rule == "Lowest BIC of 2 candidates."


def test_a_degenerate_candidate_is_no_base_for_the_gain() -> None:
    candidates = [candidate(1, 10_000, reason="collapsed"), candidate(2, 500)]
    candidates += [candidate(3, 110), candidate(4, 100)]
    assert choose(candidates, "bic", 0.02).best.n_components == 4


def test_when_all_collapse_the_error_says_what_to_do() -> None:
    with pytest.raises(InputError, match=r"function of the others.*Remove.*resolution"):
        choose([candidate(1, 100, reason="collapsed")], "bic", 0)


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (0.0, "hardly any"),
        (2.0, "hardly any"),
        (2.1, "positive"),
        (6.0, "positive"),
        (6.1, "strong"),
        (10.0, "strong"),
        (10.1, "very strong"),
    ],
)
def test_the_lead_is_put_in_the_words_of_kass_and_raftery(difference: float, words: str) -> None:
    lead = chosen({1: 100, 2: 100 + difference}).lead
    assert f"({words} evidence against it)" in lead
    assert f"higher by {difference:,.1f}" in lead
    assert "2 components, full" in lead


def test_the_words_are_for_bic_alone() -> None:
    candidates = [candidate(1, 100), candidate(2, 200)]
    for criterion in ("icl", "aic"):
        assert "evidence" not in choose(candidates, criterion, 0).lead


def test_a_runner_up_that_is_better_was_passed_over_for_its_size() -> None:
    choice = chosen({1: 1000, 2: 102, 3: 100}, 0.05)
    assert choice.runner_up is not None
    assert choice.runner_up.n_components == 3
    assert "3 components, full" in choice.lead
    assert "lower by 2.0" in choice.lead
    assert "passed over for its size" in choice.lead


def test_a_single_candidate_has_no_runner_up_and_no_lead() -> None:
    choice = chosen({1: 100})
    assert choice.runner_up is None
    assert choice.lead == ""


def test_a_choice_at_the_end_of_its_range_is_warned_of() -> None:
    assert any("2, is the largest number" in text for text in chosen({1: 10, 2: 5}).warnings)
    assert not chosen({1: 10, 2: 5, 3: 6}).warnings
    assert not chosen({1: 10}).warnings


def test_the_end_of_the_range_is_what_was_tried_not_what_was_sound() -> None:
    candidates = [candidate(1, 10), candidate(2, 5), candidate(3, 1, reason="collapsed")]
    assert not choose(candidates, "bic", 0).warnings


def test_em_that_had_not_converged_is_warned_of() -> None:
    candidates = [candidate(1, 5, converged=False), candidate(2, 9)]
    assert choose(candidates, "bic", 0).warnings == [
        "The chosen mixture had not converged when EM stopped."
    ]


def test_an_optimum_that_one_start_found_is_warned_of() -> None:
    lonely = [candidate(1, 5, starts_agreed=1), candidate(2, 9)]
    assert any("one start" in text for text in choose(lonely, "bic", 0).warnings)
    only = [candidate(1, 5, starts=1, starts_agreed=1), candidate(2, 9)]
    assert not choose(only, "bic", 0).warnings


def test_a_candidate_is_named_by_its_size_and_shape() -> None:
    assert candidate(1, 0).name == "1 component, full"
    assert candidate(2, 0, "tied").name == "2 components, tied"


def test_a_candidate_that_scored_no_number_is_never_chosen() -> None:
    candidates = [candidate(1, np.nan), candidate(2, 90), candidate(3, 95)]
    assert choose(candidates, "bic", 0).best.n_components == 2
