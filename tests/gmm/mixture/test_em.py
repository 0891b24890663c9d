"""EM from several starts, held to published results and to scikit-learn."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from include.gmm.mixture import em
from include.gmm.mixture.em import fit_mixture, to_sklearn
from include.gmm.mixture.kernel import Array, CovarianceType
from include.gmm.mixture.selection import degrees_of_freedom

REFERENCE = Path(__file__).parents[2] / "reference"
DATA = {
    "faithful": pd.read_csv(REFERENCE / "faithful.csv").to_numpy(np.float64),
    "iris": load_iris().data,
}
PUBLISHED = pd.read_csv(REFERENCE / "mclust.csv").to_dict("records")


def blobs(seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    return np.vstack([rng.normal(-2, 1, (300, 2)), rng.normal(3, 0.7, (150, 2))])


@pytest.mark.parametrize(
    "row",
    PUBLISHED,
    ids=lambda row: f"{row['dataset']}-{row['covariance_type']}-{row['n_components']}",
)
def test_published_results_are_reached(row: dict[str, Any]) -> None:
    raw = DATA[row["dataset"]]
    kind, k = row["covariance_type"], row["n_components"]
    # A sphere in raw units is none in standardised ones; the other types only change units.
    deviations = np.ones(raw.shape[1]) if kind == "spherical" else raw.std(axis=0)
    rows = (raw - raw.mean(axis=0)) / deviations

    fit = fit_mixture(rows, np.zeros_like(rows), k, kind, seed=0)

    log_likelihood = fit.log_likelihood - len(raw) * np.log(deviations).sum()
    df = degrees_of_freedom(k, raw.shape[1], kind)
    assert np.linalg.eigvalsh(fit.parameters.covariances).min() > 1e-5, "degenerate"
    assert 2 * log_likelihood - df * np.log(len(raw)) >= row["bic_mclust"] - 0.02
    if not np.isnan(row["loglik"]):
        assert log_likelihood >= row["loglik"] - 0.01


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_the_scikit_learn_model_scores_rows_as_the_fit_did(kind: CovarianceType) -> None:
    rows = blobs()
    fit = fit_mixture(rows, np.zeros_like(rows), 3, kind, seed=1)

    model = to_sklearn(fit, len(rows), seed=1)

    assert model.score_samples(rows).sum() == pytest.approx(fit.log_likelihood, rel=1e-10)
    df = degrees_of_freedom(3, 2, kind)
    assert model.bic(rows) == pytest.approx(-2 * fit.log_likelihood + df * np.log(len(rows)))
    assert model.sample(5)[0].shape == (5, 2)
    np.testing.assert_allclose(
        np.atleast_3d(model.precisions_ * model.covariances_).shape,
        np.atleast_3d(model.covariances_).shape,
    )


def test_the_same_seed_gives_the_same_bits() -> None:
    rows = blobs()
    first, second = (fit_mixture(rows, np.zeros_like(rows), 3, "full", seed=7) for _ in range(2))
    np.testing.assert_array_equal(first.parameters.means, second.parameters.means)
    assert first.log_likelihood == second.log_likelihood


def test_components_are_numbered_from_the_largest() -> None:
    rows = blobs()
    weights = fit_mixture(rows, np.zeros_like(rows), 2, "full", seed=0).parameters.weights
    assert weights[0] > weights[1]
    assert weights[0] == pytest.approx(2 / 3, abs=0.02)


def test_em_that_is_stopped_early_says_that_it_did_not_converge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(em, "MAX_ITERATIONS", 2)
    rows = blobs()
    assert not fit_mixture(rows, np.zeros_like(rows), 4, "full", seed=0).converged


def test_starts_that_agree_are_counted() -> None:
    rows = blobs()
    fit = fit_mixture(rows, np.zeros_like(rows), 2, "full", seed=0)
    assert fit.starts == em.FINALISTS
    assert fit.starts_agreed == em.FINALISTS  # two blobs this far apart have one optimum


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_one_component_more_never_fits_worse(kind: CovarianceType) -> None:
    rows = np.random.default_rng(1).standard_t(3, size=(400, 2))  # no true number of components
    smaller, before = None, -np.inf
    for k in range(1, 7):
        fit = fit_mixture(rows, np.full_like(rows, 0.01), k, kind, seed=0, smaller=smaller)
        assert fit.log_likelihood >= before - 0.1
        smaller, before = fit.parameters, fit.log_likelihood
