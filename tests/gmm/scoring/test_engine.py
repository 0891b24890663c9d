"""The engine says what the pipeline says, and refuses pipelines that it does not know."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, RobustScaler

from include.gmm.errors import InputError
from include.gmm.features import Scale
from include.gmm.scoring.engine import Engine
from include.gmm.settings import CovarianceType
from include.gmm.training import preparation_of

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
def test_memberships_are_those_of_the_pipeline(kind: CovarianceType, expected_rows: int) -> None:
    model, rows = model_of(kind), rows_of(1000)
    rows.iloc[0] = [1e6, -5000, 1e6 + 3, 4000]  # far from all components
    batch = pa.RecordBatch.from_pandas(rows[["orders", "far", "spend", "days"]])
    found = Engine(model, expected_rows).memberships(batch)
    np.testing.assert_allclose(found, model.predict_proba(rows).T, rtol=0, atol=1e-9)


def test_its_features_are_the_models_in_order() -> None:
    engine = Engine(model_of(), 1)
    assert engine.names == list(SCALES)
    assert engine.n_components == 4


def test_another_transform_is_refused_with_its_column() -> None:
    model = model_of()
    columns = model.named_steps["columns"]
    columns.transformers[1] = ("feature_1", FunctionTransformer(np.sqrt), ["days"])
    with pytest.raises(InputError, match=r"column 'days'.*neither log1p nor none"):
        Engine(model, 1)


@pytest.mark.parametrize(
    ("step", "other"), [("scale", RobustScaler()), ("mixture", BayesianGaussianMixture())]
)
def test_another_step_is_refused(step: str, other: object) -> None:
    model = model_of().set_params(**{step: other})
    with pytest.raises(InputError, match="not a pipeline of a ColumnTransformer"):
        Engine(model, 1)


def test_what_is_no_pipeline_is_refused() -> None:
    with pytest.raises(InputError, match="not a pipeline"):
        Engine(model_of().named_steps["mixture"], 1)
