"""What is chosen, what never is, and what the choice does not depend on."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.mixture import GaussianMixture

from include.gmm.errors import InputError
from include.gmm.mixture import Selection, select_mixture
from include.gmm.mixture.arguments import EVERY_TYPE
from include.gmm.mixture.choice import Candidate
from include.gmm.mixture.parameters import Array, CovarianceType, degrees_of_freedom
from include.gmm.mixture.progress import Progress
from tests.gmm.mixture.examples import TYPES, matrices
from tests.gmm.mixture.tables import FORMS, blobs, in_form


def three_blobs() -> Array:
    rng = np.random.default_rng(3)
    centres = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])
    return np.vstack([rng.normal(centre, 1, (150, 2)) for centre in centres])


@pytest.fixture(scope="module")
def selection() -> Selection:
    return select_mixture(three_blobs(), range(1, 6), ["full", "spherical"])


def assert_same(one: Selection, other: Selection, **within: Any) -> None:
    """The same candidates, choice and warnings, within what arithmetic leaves."""
    assert other.best.name == one.best.name
    assert (other.rule, other.warnings) == (one.rule, one.warnings)
    names = [candidate.name for candidate in one.candidates]
    assert [candidate.name for candidate in other.candidates] == names
    for mine, yours in zip(one.candidates, other.candidates, strict=True):
        assert (mine.starts, mine.starts_agreed) == (yours.starts, yours.starts_agreed)
        assert mine.degenerate == yours.degenerate
        if not mine.degenerate:
            assert yours.log_likelihood == pytest.approx(mine.log_likelihood, **within)
    for name in ("weights", "means", "covariances"):
        mine, yours = (getattr(s.best.parameters, name) for s in (one, other))
        assert yours == pytest.approx(mine, **within)


def test_three_round_blobs_are_found_to_be_three_round_blobs(selection: Selection) -> None:
    assert selection.best.name == "3 components, spherical"
    assert selection.runner_up is not None
    assert selection.rule == "Lowest BIC of 10 candidates."
    assert selection.runner_up.name in selection.lead
    assert not selection.warnings


def test_every_candidate_is_listed_once_in_order(selection: Selection) -> None:
    assert [(c.n_components, c.covariance_type) for c in selection.candidates] == [
        (k, kind) for k in range(1, 6) for kind in ("full", "spherical")
    ]


def test_the_table_has_a_row_for_each_candidate(selection: Selection) -> None:
    table = selection.table
    names = {field.name for field in dataclasses.fields(Candidate)} - {"parameters"}
    assert set(table.columns) == names | {"degenerate", "chosen"}
    assert len(table) == 10
    assert table["bic"].tolist() == [candidate.bic for candidate in selection.candidates]
    (chosen,) = table[table["chosen"]].to_dict("records")
    assert (chosen["n_components"], chosen["covariance_type"]) == (3, "spherical")
    assert not table["degenerate"].any()


def test_criteria_are_what_they_are_defined_to_be(selection: Selection) -> None:
    for c in selection.candidates:
        df = degrees_of_freedom(c.n_components, 2, c.covariance_type)
        assert c.degrees_of_freedom == df
        assert c.bic == pytest.approx(-2 * c.log_likelihood + df * np.log(450))
        assert c.aic == pytest.approx(-2 * c.log_likelihood + 2 * df)
        assert c.icl >= c.bic - 1e-9


def test_icl_adds_twice_the_entropy_of_the_memberships(selection: Selection) -> None:
    proba = selection.to_sklearn().predict_proba(three_blobs())
    entropy = -(proba * np.log(np.maximum(proba, 1e-300))).sum()
    assert selection.best.icl == pytest.approx(selection.best.bic + 2 * entropy, rel=1e-9)


@pytest.mark.parametrize("kind", TYPES)
def test_the_scikit_learn_model_scores_rows_as_the_selection_did(kind: CovarianceType) -> None:
    rows = blobs()
    best = (selection := select_mixture(rows, [3], [kind])).best
    model = selection.to_sklearn()
    assert model.score_samples(rows).sum() == pytest.approx(best.log_likelihood, rel=1e-10)
    assert model.bic(rows) == pytest.approx(best.bic, rel=1e-10)
    assert model.aic(rows) == pytest.approx(best.aic, rel=1e-10)
    assert model.lower_bound_ == pytest.approx(model.score(rows), rel=1e-10)
    assert (model.converged_, model.n_iter_) == (best.converged, best.passes)
    assert model.sample(5)[0].shape == (5, 2)
    assert clone(model).fit(rows).means_.shape == (3, 2)


def test_components_are_numbered_from_the_largest() -> None:
    best = select_mixture(blobs(), [2], ["full"]).best
    assert best.parameters.weights[0] > best.parameters.weights[1]
    assert best.parameters.weights[0] == pytest.approx(2 / 3, abs=0.02)


def test_starts_that_agree_are_counted() -> None:
    best = select_mixture(blobs(), [2], ["spherical"], n_starts=6).best
    assert best.starts_agreed > 1  # two blobs this far apart have one optimum
    assert best.starts >= 6


def test_progress_counts_the_rounds_of_starts_then_hears_of_passes() -> None:
    heard: list[Progress] = []
    select_mixture(three_blobs(), [1, 2], ["diag", "full"], n_jobs=1, progress=heard.append)
    rounds = [progress for progress in heard if progress.stage == "Rounds of starts"]
    assert [progress.done for progress in rounds] == list(range(1, len(rounds) + 1))
    assert len(rounds) >= 4  # at least two for each type
    rest = heard[len(rounds) :]
    assert {progress.stage for progress in rest} == {"Mixtures fitted to all rows"}
    assert rest[-1].done == rest[-1].total
    assert rest[-1].done >= 4


@pytest.mark.parametrize("seed", range(4))
def test_copies_of_a_row_make_no_components_and_are_flagged(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.vstack([rng.normal(size=(300, 2)), np.tile([[0.3, 0.3]], (60, 1))])
    selection = select_mixture(rows, range(1, 5), seed=seed)
    assert selection.best.n_components <= 2
    assert not selection.best.degenerate
    assert any("16.7 % of the rows are copies" in warning for warning in selection.warnings)


def test_a_collapsed_candidate_is_never_chosen_however_good_its_bic() -> None:
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(300, 2)), np.tile([[0.3, 0.3]], (60, 1))])
    selection = select_mixture(rows, range(1, 5))
    collapsed = [candidate for candidate in selection.candidates if candidate.degenerate]
    assert collapsed
    assert min(candidate.bic for candidate in collapsed) < selection.best.bic
    assert all("collapsed" in c.reason or "rows" in c.reason for c in collapsed)


def test_the_variance_at_which_a_candidate_collapsed_is_at_its_floor() -> None:
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(300, 2)), np.tile([[0.3, 0.3]], (60, 1))])
    for candidate in select_mixture(rows, range(1, 5)).candidates:
        at_floor = candidate.smallest_eigenvalue <= candidate.eigenvalue_floor
        assert at_floor == ("collapsed" in candidate.reason), candidate.reason


@pytest.mark.parametrize("seed", range(3))
def test_whole_numbers_make_no_components_when_their_step_is_known(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.column_stack([rng.normal(size=(300, 2)), rng.integers(0, 3, 300)])
    knowing = select_mixture(rows, range(1, 5), seed=seed)
    assert knowing.best.n_components <= 2
    for candidate in knowing.candidates:
        variances = np.einsum("kii->ki", matrices(candidate.parameters))
        if candidate.covariance_type != "spherical":
            assert variances[:, 2].min() >= 1 / 12 - 1e-6
    unknowing = select_mixture(rows, range(1, 5), resolution=None, seed=seed)
    assert any("collapsed" in candidate.reason for candidate in unknowing.candidates)


def test_a_component_of_fewer_rows_than_a_covariance_needs_is_not_one() -> None:
    rows = np.array([[0.0, 0.0], [1.0, 0.4], [0.2, 1.0], [0.3, 0.1], [9.0, 9.3], [9.9, 8.8]])
    selection = select_mixture(rows, [1, 2], ["tied"])
    assert selection.candidates[1].reason == "a component is left with 2.0 rows"
    assert selection.best.n_components == 1


def test_a_likelier_mixture_with_hardly_any_rows_in_a_component_gives_way() -> None:
    far = np.array([[30.0, 0.0], [31.0, 1.0]])
    rows = np.vstack([np.random.default_rng(0).normal(size=(200, 2)), far])
    two = select_mixture(rows, [2], ["tied"]).best
    assert two.parameters.weights.min() * len(rows) >= 3
    start = np.array([[0.0, 0.0], [30.5, 0.5]])
    alone = GaussianMixture(2, covariance_type="tied", means_init=start).fit(rows)
    assert alone.score(rows) * len(rows) > two.log_likelihood


def test_when_all_collapse_the_error_says_what_to_do() -> None:
    column = np.random.default_rng(0).normal(size=(200, 1))
    with pytest.raises(InputError, match="function of the others"):
        select_mixture(np.hstack([column, column]), range(1, 4), ["full"])


def test_fewer_rows_than_components_are_refused() -> None:
    rows = np.random.default_rng(0).normal(size=(5, 2))
    with pytest.raises(InputError, match="5 rows are too few for up to 10 components"):
        select_mixture(rows, range(1, 11), ["full"])


@pytest.mark.parametrize("weighted", [False, True])
def test_the_order_of_rows_does_not_matter(weighted: bool) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 2)) + rng.integers(0, 3, (300, 1)) * 2
    weights = rng.integers(0, 4, 300).astype(np.float64) if weighted else None
    order = rng.permutation(300)
    reordered = None if weights is None else weights[order]
    one = select_mixture(rows, range(1, 5), sample_weight=weights)
    other = select_mixture(rows[order], range(1, 5), sample_weight=reordered)
    assert_same(one, other, rel=1e-6, abs=1e-6)


def test_threads_do_not_change_a_bit() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 2)) + rng.integers(0, 3, (300, 1)) * 2
    one, other = (select_mixture(rows, range(1, 5), n_jobs=n_jobs) for n_jobs in (1, 2))
    for mine, yours in zip(one.candidates, other.candidates, strict=True):
        assert (mine.bic, mine.icl, mine.reason) == (yours.bic, yours.icl, yours.reason)
        for name in ("weights", "means", "covariances"):
            mine_, yours_ = getattr(mine.parameters, name), getattr(yours.parameters, name)
            np.testing.assert_array_equal(mine_, yours_)


@pytest.mark.parametrize("form", FORMS[1:])
def test_every_form_of_the_rows_gives_what_the_array_gives(
    form: str, selection: Selection, tmp_path: Path
) -> None:
    rows = in_form(form, three_blobs(), tmp_path)
    found = select_mixture(rows, range(1, 6), ["full", "spherical"])
    assert found.best.name == selection.best.name
    assert found.best.bic == pytest.approx(selection.best.bic, abs=0.05)
    assert found.rows == selection.rows == 450
    assert found.warnings == selection.warnings
    means = selection.best.parameters.means
    assert found.best.parameters.means == pytest.approx(means, abs=0.01)


@pytest.mark.parametrize("form", ["frame", "file"])
def test_copies_of_a_row_are_flagged_in_every_form(form: str, tmp_path: Path) -> None:
    rows = np.vstack([three_blobs(), np.tile([[3.5, 3.25]], (15, 1))])
    selection = select_mixture(in_form(form, rows, tmp_path), [1, 2, 3, 4], ["spherical"])
    assert any("3.2 % of the rows are copies" in warning for warning in selection.warnings)


def test_a_weight_of_w_counts_as_w_copies() -> None:
    rows = three_blobs()
    weights = np.arange(450) % 3
    one = select_mixture(rows, range(1, 5), sample_weight=weights.astype(np.float64))
    other = select_mixture(rows.repeat(weights, axis=0), range(1, 5))
    assert one.rows == other.rows == weights.sum()
    assert_same(one, other, rel=1e-6, abs=1e-6)


def test_all_types_are_tried_unless_told_otherwise() -> None:
    selection = select_mixture(blobs(), [1, 2])
    assert {candidate.covariance_type for candidate in selection.candidates} == set(EVERY_TYPE)
