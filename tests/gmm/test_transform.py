"""The transform: as scikit-learn applies it, and the cells and the Jacobian that follow."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer

from include.gmm.errors import InputError
from include.gmm.transform import Scale, Transform, preparation_of

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not in the image")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

SCALES = {"spend": Scale("log1p", 0.01), "days": Scale("none", 1.0)}


def frame(rows: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame({"spend": rng.lognormal(3, 1, rows), "days": rng.normal(100, 20, rows)})


def fitted() -> Transform:
    return Transform.of(preparation_of(SCALES).fit(frame()))


@given(st.floats(0, 1e6), st.sampled_from([0.01, 1.0]))
def test_a_cell_is_as_wide_as_its_transformed_ends_are_apart(value: float, step: float) -> None:
    width = Scale("log1p", step).cell_width(np.array([value]))[0]
    assert width == pytest.approx(np.log1p(value + step / 2) - np.log1p(value - step / 2))
    assert Scale("none", step).cell_width(np.array([value]))[0] == pytest.approx(step, rel=1e-6)


def test_rows_are_standardised_as_the_pipeline_does_it() -> None:
    pipeline = preparation_of(SCALES).fit(frame())
    found = Transform.of(pipeline).standardised(frame(50).to_numpy())
    np.testing.assert_allclose(found, pipeline.transform(frame(50)), rtol=1e-13, atol=1e-13)


def test_the_jacobian_is_the_slope_of_what_the_mixture_sees() -> None:
    transform, values, step = fitted(), frame(20).to_numpy(), 1e-6
    slopes = [
        (transform.standardised(values + at) - transform.standardised(values - at))[:, place]
        / (2 * step)
        for place, at in enumerate(step * np.eye(2))
    ]
    np.testing.assert_allclose(
        transform.log_jacobian(values), np.log(np.prod(slopes, axis=0)), rtol=1e-5
    )


def test_another_transform_is_refused_with_its_column() -> None:
    pipeline = preparation_of(SCALES).fit(frame())
    columns = pipeline.named_steps["columns"]
    columns.transformers[1] = ("feature_1", FunctionTransformer(np.sqrt), ["days"])
    with pytest.raises(InputError, match=r"column 'days'.*neither log1p nor none"):
        Transform.of(pipeline)


@pytest.mark.parametrize(
    ("least", "greatest", "told"),
    [
        ([-1.0, 0.0], [9.0, 9.0], "x: column 'spend' has values of -1 or less, such as -1"),
        ([0.0, 0.0], [9.0, 1e60], r"x: column 'days' has values too large .* such as 1e\+60"),
    ],
)
def test_values_that_are_no_input_are_refused_by_their_column(
    least: list[float], greatest: list[float], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        fitted().refuse(np.array(least), np.array(greatest), "x")
