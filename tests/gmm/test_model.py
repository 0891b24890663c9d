"""A version applied says what its pipeline says; pipelines that it does not know are refused."""

import numpy as np
import pandas as pd
import pytest
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import RobustScaler

from include.gmm.errors import InputError
from include.gmm.model import Applied, Model
from include.gmm.settings import CovarianceType
from include.gmm.transform import Scale, preparation_of

SCALES = {
    "spend": Scale("log1p", 0.01),
    "days": Scale("none", 1.0),
    "far": Scale("none", 0.0),
    "orders": Scale("log1p", 1.0),
}


def rows_of(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    group = rng.integers(0, 3, n)
    return pd.DataFrame(
        {
            "spend": rng.lognormal(2 + group, 0.4),
            "days": rng.normal(100 * group, 20).round(),
            "far": 1e6 + rng.normal(group, 1e-3),
            "orders": rng.poisson(1 + 10 * group).astype(float),
        }
    )


def model_of(kind: str = "full") -> Pipeline:
    mixture = GaussianMixture(4, covariance_type=kind, random_state=0)
    return Pipeline([*preparation_of(SCALES).steps, ("mixture", mixture)]).fit(rows_of(2000))


@pytest.mark.parametrize("expected_rows", [1, 10**9], ids=["numpy", "compiled"])
@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_responsibilities_and_densities_are_those_of_the_pipeline(
    kind: CovarianceType, expected_rows: int
) -> None:
    model, rows = model_of(kind), rows_of(1000)
    rows.iloc[0] = [1e6, -5000, 1e6 + 3, 4000]  # far from all components
    found = Model(model, expected_rows).of(rows.to_numpy())
    expected = model.predict_proba(rows)
    np.testing.assert_allclose(found.responsibilities, expected.T, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.log_densities, model.score_samples(rows), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(found.most_probable, expected.argmax(axis=1))
    np.testing.assert_allclose(found.largest, expected.max(axis=1), atol=1e-9)


def test_its_features_are_the_models_in_order() -> None:
    model = Model(model_of(), 1)
    assert model.names == tuple(SCALES)
    assert model.n_components == 4


@pytest.mark.parametrize(
    ("step", "other"), [("scale", RobustScaler()), ("mixture", BayesianGaussianMixture())]
)
def test_another_step_is_refused(step: str, other: object) -> None:
    model = model_of().set_params(**{step: other})
    with pytest.raises(InputError, match="not a pipeline of a ColumnTransformer"):
        Model(model, 1)


def test_what_is_no_pipeline_is_refused() -> None:
    with pytest.raises(InputError, match="not a pipeline"):
        Model(model_of().named_steps["mixture"], 1)


@pytest.mark.parametrize("n_components", [1, 2, 8, 300])
def test_the_most_probable_is_the_first_of_equal_ones(n_components: int) -> None:
    some = [0, 0.25, 0.5, np.nextafter(0.5, 1), 1]
    responsibilities = np.random.default_rng(1).choice(some, (n_components, 500))
    found = Applied(responsibilities, np.zeros(500)).most_probable
    np.testing.assert_array_equal(found, responsibilities.argmax(axis=0))
