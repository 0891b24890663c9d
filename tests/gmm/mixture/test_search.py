"""The search: every size is a way to its neighbours, and the best optimum of all rows is kept."""

import numpy as np
import pytest

from include.gmm.mixture.contest import Contest
from include.gmm.mixture.em import kernel
from include.gmm.mixture.em.starts import every_removal, every_split
from include.gmm.mixture.parameters import Array, CovarianceType
from include.gmm.mixture.progress import Progress
from include.gmm.mixture.rows.reading import as_source
from include.gmm.mixture.rows.sample import draw
from include.gmm.mixture.rows.survey import survey
from include.gmm.mixture.search import COLLAPSED, TOLERANCE, Search
from include.gmm.mixture.workers import Workers
from tests.gmm.mixture.examples import TYPES, some_parameters
from tests.gmm.mixture.tables import blobs

ROUNDING = 400 * float(np.finfo(np.float64).eps)  # of a sum of as many terms


def search_of(rows: Array, n_starts: int = 2, *, size: int = 4_000, prior: bool = False) -> Search:
    source = as_source(rows)
    seen = survey(source, Workers())
    return Search(source, seen, draw(source, size, 0), 0, n_starts, prior, Workers(), kernel)


def heavy_tails(n: int = 400) -> Array:
    """Rows (n, 2) without a true number of components."""
    return np.random.default_rng(1).standard_t(3, size=(n, 2))


def searched(search: Search, sizes: list[int], kind: CovarianceType) -> list[Contest]:
    contests = search.on_sample(sizes, kind, lambda: None)
    search.on_all_rows(contests)
    return contests


@pytest.mark.parametrize("kind", TYPES)
def test_every_component_is_split_in_turn(kind: CovarianceType) -> None:
    mixture = some_parameters(3, 2, kind, 0)
    splits = every_split(mixture)
    assert [halves.sizes for halves in splits] == [(4,)] * 3
    for component, halves in enumerate(splits):
        np.testing.assert_allclose(halves.weights.sum(), 1)
        others = np.arange(3) != component
        np.testing.assert_array_equal(halves.weights[:3][others], mixture.weights[others])
        np.testing.assert_array_equal(halves.means[:3][others], mixture.means[others])
        np.testing.assert_allclose(
            halves.weights @ halves.means, mixture.weights @ mixture.means, atol=1e-12
        )


@pytest.mark.parametrize("kind", TYPES)
def test_every_component_is_removed_in_turn(kind: CovarianceType) -> None:
    mixture = some_parameters(3, 2, kind, 0)
    removals = every_removal(mixture)
    assert [rest.sizes for rest in removals] == [(2,)] * 3
    for component, rest in enumerate(removals):
        others = np.arange(3) != component
        expected = mixture.weights[others] / mixture.weights[others].sum()
        np.testing.assert_allclose(rest.weights, expected)
        np.testing.assert_array_equal(rest.means, mixture.means[others])
        np.testing.assert_array_equal(rest.covariances, mixture.covariances[others])


def test_splits_and_removals_leave_the_mixture_as_it_was() -> None:
    mixture, same = some_parameters(3, 2, "full", 0), some_parameters(3, 2, "full", 0)
    every_split(mixture), every_removal(mixture)
    np.testing.assert_array_equal(mixture.weights, same.weights)
    np.testing.assert_array_equal(mixture.means, same.means)


@pytest.mark.parametrize("sizes", [[1], [4], [1, 2, 3], [2, 5]])
def test_the_sizes_asked_for_are_those_that_come(sizes: list[int]) -> None:
    rounds: list[None] = []
    contests = search_of(blobs()).on_sample(sizes, "diag", lambda: rounds.append(None))
    assert [contest.n_components for contest in contests] == sizes
    assert all(contest.climbs for contest in contests)
    for contest in contests:
        for climb in contest.climbs:
            assert climb.parameters.means.shape == (contest.n_components, 2)
    assert len(rounds) >= 2  # the first starts, then what the neighbours offer


def test_a_search_ends_when_no_size_has_anything_better_to_offer() -> None:
    search = search_of(heavy_tails())
    contests = search.on_sample([1, 2, 3, 4], "full", lambda: None)
    assert not any(contest.has_news for contest in contests)


@pytest.mark.parametrize("kind", TYPES)
def test_one_component_more_never_fits_worse(kind: CovarianceType) -> None:
    contests = searched(search_of(heavy_tails()), [1, 2, 3, 4, 5, 6], kind)
    reached = [contest.best.log_likelihood for contest in contests]
    assert all(np.diff(reached) >= -0.1)


@pytest.mark.parametrize("kind", TYPES)
def test_a_size_alone_is_found_as_well_as_with_the_smaller_ones(kind: CovarianceType) -> None:
    search = search_of(heavy_tails())
    (alone,) = searched(search, [4], kind)
    among = searched(search, [1, 2, 3, 4], kind)[-1]
    # The search is the same to the bit. On all rows more mixtures share a pass, and BLAS may add up
    # a product of more rows in another order: a step's rounding, in a sum of 400 terms around 3.
    assert (alone.starts, alone.reached) == (among.starts, among.reached)
    assert alone.best.objective == pytest.approx(among.best.objective, rel=ROUNDING)


def test_the_best_of_each_contest_has_converged_on_all_rows() -> None:
    rows = heavy_tails(1_500)
    search = search_of(rows, size=300)  # a sample of a fifth
    for contest in searched(search, [1, 2, 3], "full"):
        best = contest.best
        assert best.converged
        assert len(contest.climbs) == 1
        model_density = np.zeros(len(rows))
        density = kernel.log_density(best.parameters, search.seen.mean)
        kernel.memberships(
            rows, density, np.empty((len(rows), contest.n_components)), model_density
        )
        assert best.log_likelihood == pytest.approx(model_density.sum(), rel=1e-10)
        assert best.objective == pytest.approx(model_density.mean(), rel=1e-10)


def test_samples_on_the_way_lead_to_an_optimum_of_all_rows() -> None:
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(0, 1, 30_000), rng.normal(4, 2, 20_000)])[:, None]
    contest = searched(search_of(rows, size=500), [2], "diag")[0]
    order = contest.best.parameters.means[:, 0].argsort()
    np.testing.assert_allclose(contest.best.parameters.weights[order], [0.6, 0.4], atol=0.02)
    np.testing.assert_allclose(contest.best.parameters.means[order, 0], [0, 4], atol=0.1)
    assert contest.best.objectives[-1] - contest.best.objectives[-2] < TOLERANCE


def test_progress_over_all_rows_counts_up_to_the_finalists() -> None:
    search, heard = search_of(blobs()), list[Progress]()
    contests = search.on_sample([1, 2], "full", lambda: None)
    search.on_all_rows(contests, heard.append)
    assert {progress.stage for progress in heard} == {"Mixtures fitted to all rows"}
    assert heard[-1].done == heard[-1].total
    assert heard[-1].done >= 2
    assert all(progress.passes >= 1 for progress in heard)
    assert all(progress.done <= heard[-1].done for progress in heard)


def test_passes_over_all_rows_are_counted_on_where_the_race_goes_on() -> None:
    search, heard = search_of(heavy_tails()), list[Progress]()
    contests = search.on_sample([1, 2, 3, 4], "full", lambda: None)
    search.on_all_rows(contests, heard.append)
    passes = [progress.passes for progress in heard]
    assert passes == list(range(1, len(passes) + 1))


@pytest.mark.parametrize("k", [1, 3])
def test_climbs_that_collapse_say_so_at_the_floor(k: int) -> None:
    column = blobs()[:, :1]
    search = search_of(np.hstack([column, 2 * column]))
    (contest,) = searched(search, [k], "full")
    assert contest.best.failure == "a component collapsed"
    image = contest.best.image.covariances / np.outer(search.seen.scale, search.seen.scale)
    assert np.linalg.eigvalsh(image).min() <= COLLAPSED


def test_the_conjugate_prior_keeps_what_would_collapse() -> None:
    column = blobs()[:, :1]
    wide = np.hstack([column, 2 * column + np.random.default_rng(0).normal(0, 0.01, (450, 1))])
    rows = np.vstack([wide, np.tile([[20.0, 20.0]], (60, 1))])
    (free,), (contest,) = (
        searched(search_of(rows, prior=prior), [4], "full") for prior in (False, True)
    )
    assert free.best.failure
    assert not contest.best.failure
    assert contest.best.converged


def test_time_is_shared_out_to_the_contests() -> None:
    contests = searched(search_of(blobs()), [1, 2], "full")
    assert all(contest.seconds > 0 for contest in contests)


def test_the_same_seed_gives_the_same_bits() -> None:
    first, second = (searched(search_of(heavy_tails()), [1, 2, 3], "full") for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.best.parameters.means, other.best.parameters.means)
        assert one.best.log_likelihood == other.best.log_likelihood
        assert (one.starts, one.reached) == (other.starts, other.reached)
