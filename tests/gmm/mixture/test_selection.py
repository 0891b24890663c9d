"""What is chosen, by which rule, and what never is."""

import dataclasses

import numpy as np
import pytest

from include.gmm.errors import InputError
from include.gmm.mixture.kernel import Array, CovarianceType
from include.gmm.mixture.selection import Candidate, Selection, choose, select_mixture


def three_blobs() -> Array:
    rng = np.random.default_rng(3)
    centres = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])
    return np.vstack([rng.normal(centre, 1, (150, 2)) for centre in centres])


@pytest.fixture(scope="module")
def selection() -> Selection:
    rows = three_blobs()
    return select_mixture(rows, np.zeros_like(rows), range(1, 6), ["full", "spherical"], seed=0)


def test_three_round_blobs_are_found_to_be_three_round_blobs(selection: Selection) -> None:
    assert selection.best.n_components == 3
    assert selection.best.covariance_type == "spherical"


def test_every_candidate_is_listed_once(selection: Selection) -> None:
    found = {(c.n_components, c.covariance_type) for c in selection.candidates}
    assert found == {(k, kind) for k in range(1, 6) for kind in ("full", "spherical")}
    assert len(selection.candidates) == 10


def test_icl_is_never_below_bic(selection: Selection) -> None:
    assert all(c.icl >= c.bic - 1e-9 for c in selection.candidates)


def test_progress_counts_up_to_the_number_of_candidates() -> None:
    seen: list[tuple[int, int]] = []
    rows = three_blobs()
    select_mixture(
        rows, 0 * rows, [1, 2], ["diag"], progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(1, 2), (2, 2)]


def test_integers_do_not_make_components_when_their_step_is_known() -> None:
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.normal(size=(600, 2)), rng.integers(0, 3, 600)])
    rows = (rows - rows.mean(axis=0)) / (deviations := rows.std(axis=0))
    step = np.zeros_like(rows)
    step[:, 2] = (1 / deviations[2]) ** 2 / 12
    kinds: list[CovarianceType] = ["full", "tied", "diag", "spherical"]

    knowing = select_mixture(rows, step, range(1, 5), kinds)
    unknowing = select_mixture(rows, 0 * step, range(1, 5), kinds)

    assert knowing.best.n_components <= 2
    assert any("collapsed" in candidate.reason for candidate in unknowing.candidates)
    narrowest = min(candidate.smallest_eigenvalue for candidate in knowing.candidates)
    assert narrowest > 0.05  # the step's own variance, 1/12 in units of the integers, is 0.13 here


def test_a_collapsed_candidate_is_never_chosen_however_good_its_bic() -> None:
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(300, 2)), np.tile([[0.3, 0.3]], (60, 1))])

    selection = select_mixture(rows, 0 * rows, range(1, 5), ["full"])

    collapsed = [candidate for candidate in selection.candidates if candidate.degenerate]
    assert collapsed
    assert min(c.bic for c in collapsed) < selection.best.bic
    assert not selection.best.degenerate
    assert all("collapsed" in c.reason or "rows" in c.reason for c in collapsed)


def test_when_all_collapse_the_error_says_what_to_do() -> None:
    column = np.random.default_rng(0).normal(size=(200, 1))
    rows = np.hstack([column, column])
    with pytest.raises(InputError, match="function of the others"):
        select_mixture(rows, 0 * rows, range(1, 4), ["full"])


def test_fewer_rows_than_components_are_refused() -> None:
    rows = np.random.default_rng(0).normal(size=(5, 2))
    with pytest.raises(InputError, match="5 rows are too few for up to 10 components"):
        select_mixture(rows, 0 * rows, range(1, 11), ["full"])


def with_bic(like: Candidate, values: dict[int, float]) -> list[Candidate]:
    return [
        dataclasses.replace(like, n_components=k, bic=bic, icl=-k, aic=k)
        for k, bic in values.items()
    ]


def test_parsimony_takes_the_smallest_k_within_its_share_of_the_gain(selection: Selection) -> None:
    candidates = with_bic(selection.best, {1: 1000, 2: 200, 3: 110, 4: 100})
    # The best gain is 900; K = 3 has 98.9 % of it, K = 2 has 88.9 %.
    assert choose(candidates, "bic", 0.02).best.n_components == 3
    assert choose(candidates, "bic", 0.0).best.n_components == 4
    assert choose(candidates, "bic", 0.2).best.n_components == 2


def test_the_rule_names_the_criterion_and_the_optimum_that_was_passed_over(
    selection: Selection,
) -> None:
    candidates = with_bic(selection.best, {1: 1000, 2: 200, 3: 110, 4: 100})
    rule = choose(candidates, "bic", 0.02).rule
    assert "BIC" in rule
    assert "2 %" in rule
    assert "4 components" in rule


def test_the_criterion_decides(selection: Selection) -> None:
    candidates = with_bic(selection.best, {1: 10, 2: 5, 3: 7})
    assert choose(candidates, "bic", 0).best.n_components == 2
    assert choose(candidates, "icl", 0).best.n_components == 3
    assert choose(candidates, "aic", 0).best.n_components == 1


def test_a_choice_at_the_end_of_its_range_is_warned_of(selection: Selection) -> None:
    candidates = with_bic(selection.best, {1: 10, 2: 5})
    assert any("largest number" in text for text in choose(candidates, "bic", 0).warnings)
