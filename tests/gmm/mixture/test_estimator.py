"""StreamingGaussianMixture is scikit-learn's GaussianMixture: same settings, numbers, manners."""

import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.mixture import GaussianMixture
from sklearn.utils.estimator_checks import check_estimator

from include.gmm.mixture import StreamingGaussianMixture
from include.gmm.mixture.parameters import Array, CovarianceType
from include.gmm.mixture.progress import Progress
from tests.gmm.mixture.examples import TYPES
from tests.gmm.mixture.tables import blobs

FITTED = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def start_of(kind: CovarianceType, k: int = 3, d: int = 2) -> dict[str, Any]:
    """Settings that leave nothing to chance: EM begins at this mixture."""
    rng = np.random.default_rng(5)
    roots = rng.normal(size=(k, d, d)) / 3
    matrices = roots @ roots.transpose(0, 2, 1) + np.eye(d)
    precisions = {
        "full": matrices,
        "tied": matrices[0],
        "diag": np.einsum("kii->ki", matrices),
        "spherical": matrices[:, 0, 0],
    }[kind]
    return {
        "n_components": k,
        "covariance_type": kind,
        "weights_init": np.full(k, 1 / k),
        "means_init": 2 * rng.normal(size=(k, d)),
        "precisions_init": precisions,
    }


def cloud(seed: int = 0) -> Array:
    """Rows (400, 2) in which three components overlap, so that EM is slow."""
    rng = np.random.default_rng(seed)
    return np.vstack([rng.normal(at, 1, (n, 2)) for at, n in ((0, 200), (1.5, 120), (-2, 80))])


def test_scikit_learns_checks_pass() -> None:
    check_estimator(StreamingGaussianMixture(), on_skip=None)


def test_it_has_all_settings_of_scikit_learn_with_their_defaults() -> None:
    ours, theirs = StreamingGaussianMixture().get_params(), GaussianMixture().get_params()
    assert {name: ours[name] for name in theirs} == theirs


@pytest.mark.parametrize("kind", TYPES)
def test_twenty_steps_from_the_same_start_are_those_of_scikit_learn(kind: CovarianceType) -> None:
    settings = {**start_of(kind), "max_iter": 20, "tol": 0}
    ours = StreamingGaussianMixture(**settings).fit(cloud())
    theirs = GaussianMixture(**settings).fit(cloud())
    for name in FITTED:
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.lower_bounds_, theirs.lower_bounds_, rtol=0, atol=1e-9)
    assert ours.n_iter_ == theirs.n_iter_ == 20


@pytest.mark.parametrize("kind", TYPES)
def test_it_stops_where_scikit_learn_does(kind: CovarianceType) -> None:
    settings = start_of(kind)
    ours = StreamingGaussianMixture(**settings).fit(cloud())
    theirs = GaussianMixture(**settings).fit(cloud())
    assert ours.n_iter_ == theirs.n_iter_ > 2
    assert ours.converged_ and theirs.converged_
    assert ours.lower_bound_ == pytest.approx(theirs.lower_bound_, abs=1e-12)


@pytest.mark.parametrize("kind", TYPES)
def test_scores_are_those_of_scikit_learn(kind: CovarianceType) -> None:
    ours = StreamingGaussianMixture(3, covariance_type=kind, random_state=0).fit(cloud())
    theirs = ours.to_sklearn()
    fresh = 3 * cloud(1)
    for name in FITTED:
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    proba = ours.predict_proba(fresh)
    np.testing.assert_allclose(proba, theirs.predict_proba(fresh), rtol=0, atol=1e-12)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=0, atol=1e-14)
    np.testing.assert_allclose(ours.score_samples(fresh), theirs.score_samples(fresh), rtol=1e-12)
    np.testing.assert_array_equal(ours.predict(fresh), theirs.predict(fresh))
    for name in ("score", "bic", "aic"):
        expected = getattr(theirs, name)(fresh)
        assert getattr(ours, name)(fresh) == pytest.approx(expected, rel=1e-12)


def test_fit_predict_gives_the_labels_of_the_fit() -> None:
    model = StreamingGaussianMixture(2, random_state=0)
    labels = model.fit_predict(blobs())
    np.testing.assert_array_equal(labels, model.predict(blobs()))
    assert sorted(np.bincount(labels)) == [150, 300]


def test_the_scikit_learn_model_loads_where_this_project_is_not_installed(tmp_path: Path) -> None:
    model = StreamingGaussianMixture(2, random_state=0, callback=print).fit(blobs())
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model.to_sklearn()))
    np.save(tmp_path / "rows.npy", blobs())
    code = (
        "import importlib.util, pickle, numpy\n"
        "assert importlib.util.find_spec('include') is None\n"
        "model = pickle.load(open('model.pickle', 'rb'))\n"
        "numpy.save('proba.npy', model.predict_proba(numpy.load('rows.npy')))\n"
        "model.set_params(max_iter=1).fit(numpy.load('rows.npy'))\n"
    )
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, check=True)
    proba = np.load(tmp_path / "proba.npy")
    np.testing.assert_allclose(proba, model.predict_proba(blobs()), rtol=0, atol=1e-12)


def test_what_is_not_fitted_says_so() -> None:
    for call in ("predict", "predict_proba", "score_samples", "score", "bic", "aic"):
        with pytest.raises(NotFittedError):
            getattr(StreamingGaussianMixture(), call)(blobs())
    with pytest.raises(NotFittedError):
        next(StreamingGaussianMixture().iter_proba(blobs()))
    with pytest.raises(NotFittedError):
        StreamingGaussianMixture().to_sklearn()


def test_settings_can_be_set_and_cloned() -> None:
    model = StreamingGaussianMixture(2, resolution=np.array([1.0, 0.0]), n_jobs=1)
    copy = clone(model.set_params(n_components=3, covariance_prior="conjugate"))
    assert copy.get_params() | {"resolution": None} == model.get_params() | {"resolution": None}
    np.testing.assert_array_equal(copy.resolution, [1, 0])
    assert copy.fit(blobs().round()).means_.shape == (3, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_components": 0},
        {"covariance_type": "round"},
        {"acceleration": "squarem"},
        {"covariance_prior": "flat"},
        {"resolution": "fine"},
        {"n_jobs": "all"},
        {"n_jobs": 0},
        {"callback": "print"},
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        StreamingGaussianMixture(**wrong).fit(blobs())


def test_em_that_is_stopped_early_warns_and_names_the_setting() -> None:
    with pytest.warns(ConvergenceWarning, match="max_iter=3"):
        model = StreamingGaussianMixture(**start_of("full"), max_iter=3).fit(cloud())
    assert (model.converged_, model.n_iter_) == (False, 3)


def test_no_iterations_give_the_start_without_a_warning() -> None:
    settings = start_of("full")
    with warnings.catch_warnings(action="error"):
        model = StreamingGaussianMixture(**settings, max_iter=0).fit(cloud())
    np.testing.assert_allclose(model.means_, settings["means_init"])
    np.testing.assert_allclose(model.precisions_, settings["precisions_init"], rtol=1e-12)
    assert not model.converged_


def test_a_warm_start_goes_on_where_the_last_fit_ended() -> None:
    model = StreamingGaussianMixture(**start_of("full"), max_iter=4, tol=0, warm_start=True)
    model.fit(cloud()).fit(cloud())
    once = StreamingGaussianMixture(**start_of("full"), max_iter=8, tol=0).fit(cloud())
    for name in FITTED:
        np.testing.assert_allclose(getattr(model, name), getattr(once, name), rtol=1e-10)


@pytest.mark.parametrize("verbose", [1, 2])
def test_it_can_be_made_to_talk(verbose: int, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {**start_of("full"), "verbose": verbose, "verbose_interval": 1}
    StreamingGaussianMixture(**settings).fit(cloud())
    lines = capsys.readouterr().out.splitlines()
    assert any("Iteration 2" in line for line in lines)
    assert "converged" in lines[-1]


def test_the_best_of_several_starts_is_kept_and_those_that_agree_are_counted() -> None:
    rows = np.random.default_rng(1).standard_t(3, size=(300, 2))  # many optima
    settings: dict[str, Any] = {"n_components": 6, "init_params": "random_from_data", "tol": 1e-6}
    settings |= {"max_iter": 500, "reg_covar": 1e-2}
    several = StreamingGaussianMixture(**settings, n_init=8, random_state=0).fit(rows)
    first = StreamingGaussianMixture(**settings, n_init=1, random_state=0).fit(rows)
    assert several.lower_bound_ > first.lower_bound_
    assert 1 <= several.starts_agreed_ < 8

    clear = StreamingGaussianMixture(2, n_init=5, random_state=0).fit(blobs())
    assert clear.starts_agreed_ == 5


@pytest.mark.parametrize("init", ["kmeans", "k-means++", "random", "random_from_data"])
def test_the_same_seed_gives_the_same_bits(init: str) -> None:
    models = [
        StreamingGaussianMixture(3, init_params=init, n_init=2, random_state=7).fit(cloud())
        for _ in range(2)
    ]
    for name in FITTED:
        np.testing.assert_array_equal(getattr(models[0], name), getattr(models[1], name))


def test_the_callback_hears_of_every_pass() -> None:
    heard: list[Progress] = []
    model = StreamingGaussianMixture(3, n_init=2, random_state=0, callback=heard.append)
    model.fit(cloud())
    assert [progress.passes for progress in heard] == list(range(1, len(heard) + 1))
    assert len(heard) >= model.n_iter_
    assert {progress.total for progress in heard} == {2}
    assert heard[-1].done == 2


def test_feature_names_are_kept_and_held_against_what_comes() -> None:
    frame = pd.DataFrame(blobs(), columns=["euros", "visits"])
    model = StreamingGaussianMixture(2, random_state=0).fit(frame)
    for fitted in (model, model.to_sklearn()):
        assert list(fitted.feature_names_in_) == ["euros", "visits"]
        assert fitted.n_features_in_ == 2
        with pytest.raises(ValueError, match="feature names"):
            fitted.predict(frame.rename(columns={"visits": "orders"}))
