"""Settings of a selection: what they do, and that those that cannot be are refused by name."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from include.gmm.errors import InputError
from include.gmm.mixture import select_mixture
from tests.gmm.mixture.tables import blobs

WRONG: Sequence[tuple[str, Any]] = (
    ("n_components", []),
    ("n_components", [0, 1]),
    ("n_components", [-2]),
    ("n_components", [1.5]),
    ("n_components", 3),
    ("covariance_types", []),
    ("covariance_types", ["round"]),
    ("covariance_types", "full"),
    ("criterion", "dic"),
    ("criterion", None),
    ("parsimony", -0.1),
    ("parsimony", 1),
    ("parsimony", float("nan")),
    ("n_starts", 0),
    ("seed", -1),
    ("n_jobs", 0),
    ("covariance_prior", "flat"),
    ("resolution", "fine"),
    ("resolution", ["a", "b"]),
)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_setting_that_cannot_be_is_refused_by_name(name: str, value: Any) -> None:
    settings: dict[str, Any] = {"n_components": [1, 2], name: value}
    with pytest.raises(InputError, match=name):
        select_mixture(blobs(), **settings)


def test_sizes_may_come_in_any_order_and_twice() -> None:
    selection = select_mixture(blobs(), [3, 1, 3], ["full"])
    assert [candidate.n_components for candidate in selection.candidates] == [1, 3]


def test_types_keep_their_order_and_count_once() -> None:
    selection = select_mixture(blobs(), [1, 2], ["tied", "full", "tied"])
    kinds = [candidate.covariance_type for candidate in selection.candidates]
    assert kinds == ["tied", "full"] * 2


def test_a_range_with_gaps_is_searched() -> None:
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0], [9, 0], [0, 9], [9, 9]])
    rows = np.vstack([rng.normal(centre, 1, (80, 2)) for centre in centres])
    selection = select_mixture(rows, [1, 4, 6], ["full", "spherical"])
    assert selection.best.n_components == 4
    assert len(selection.candidates) == 3 * 2


def test_parsimony_takes_fewer_components_and_says_so() -> None:
    rng = np.random.default_rng(0)
    rows = rng.lognormal(sigma=0.8, size=(600, 2))  # no true number of components
    best = select_mixture(rows, range(1, 9), ["full"]).best
    selection = select_mixture(rows, range(1, 9), ["full"], parsimony=0.1)
    assert 1 < selection.best.n_components < best.n_components
    assert "within 10 % of the best gain in BIC" in selection.rule
    assert best.name in selection.rule


@pytest.mark.parametrize("criterion", ["bic", "icl", "aic"])
def test_the_criterion_decides(criterion: Any) -> None:
    rows = np.random.default_rng(0).lognormal(sigma=0.8, size=(300, 2))
    selection = select_mixture(rows, range(1, 6), ["full"], criterion=criterion)
    sound = [candidate for candidate in selection.candidates if not candidate.degenerate]
    assert selection.best is min(sound, key=lambda candidate: getattr(candidate, criterion))
    assert criterion.upper() in selection.rule


def test_icl_takes_fewer_components_than_bic_where_they_overlap() -> None:
    rows = np.random.default_rng(0).lognormal(sigma=0.8, size=(600, 2))
    by_bic = select_mixture(rows, range(1, 7), ["full"], criterion="bic").best
    by_icl = select_mixture(rows, range(1, 7), ["full"], criterion="icl").best
    assert by_icl.n_components < by_bic.n_components


def test_a_choice_at_the_end_of_its_range_is_warned_of() -> None:
    selection = select_mixture(blobs(), [1, 2], ["full"])
    assert any("2, is the largest number" in warning for warning in selection.warnings)


def test_the_conjugate_prior_lets_no_candidate_collapse_to_the_floor() -> None:
    rng = np.random.default_rng(0)
    rows = np.vstack([rng.normal(size=(100, 2)), np.tile([[0.3, 0.3]], (20, 1))])
    free = select_mixture(rows, [1, 2, 3])
    held = select_mixture(rows, [1, 2, 3], covariance_prior="conjugate")
    assert any("collapsed" in candidate.reason for candidate in free.candidates)
    assert not any("collapsed" in candidate.reason for candidate in held.candidates)


def test_with_the_conjugate_prior_one_component_is_the_posterior_mode() -> None:
    rows = blobs()
    n, d = rows.shape
    best = select_mixture(rows, [1], ["full"], covariance_prior="conjugate", resolution=None).best
    scatter = np.cov(rows.T) + n * np.cov(rows.T, bias=True)
    expected = scatter / (d + 2 + n + d + 2) + 1e-6 * np.diag(rows.var(axis=0))
    np.testing.assert_allclose(best.parameters.covariances[0], expected, rtol=1e-9)
    # What is scored is the likelihood of the rows, without the prior.
    away = rows - rows.mean(axis=0)
    squares = np.einsum("ni,ij,nj->n", away, np.linalg.inv(expected), away)
    log_densities = -0.5 * (squares + np.linalg.slogdet(2 * np.pi * expected)[1])
    assert best.log_likelihood == pytest.approx(log_densities.sum(), rel=1e-10)


def test_a_resolution_by_value_or_function_is_that_by_column() -> None:
    rows = blobs().round(1)
    expected = select_mixture(rows, [1, 2, 3], ["full"], resolution=np.array([0.1, 0.1])).best
    for resolution in ("auto", np.full_like(rows, 0.1), lambda rows: np.full_like(rows, 0.1)):
        best = select_mixture(rows, [1, 2, 3], ["full"], resolution=resolution).best
        assert best.name == expected.name
        assert best.bic == pytest.approx(expected.bic, abs=1e-6)


def test_the_same_seed_gives_the_same_bits_and_another_other_starts() -> None:
    rows = np.random.default_rng(1).standard_t(3, size=(300, 2))
    one, same, other = (select_mixture(rows, range(1, 6), ["full"], seed=s) for s in (7, 7, 8))
    for mine, yours in zip(one.candidates, same.candidates, strict=True):
        assert mine.bic == yours.bic
        np.testing.assert_array_equal(mine.parameters.means, yours.parameters.means)
    assert any(a.bic != b.bic for a, b in zip(one.candidates, other.candidates, strict=True))


def test_more_starts_are_tried_where_they_are_asked_for() -> None:
    few, many = (
        select_mixture(blobs(), [1], ["full"], n_starts=n_starts).best.starts for n_starts in (1, 9)
    )
    assert many == few  # one component has one start
    few, many = (
        select_mixture(blobs(), [2], ["full"], n_starts=n_starts).best.starts for n_starts in (1, 9)
    )
    assert many > few
