"""Log-densities in the features' own units, against integrals and SciPy's distributions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, stats
from sklearn.pipeline import Pipeline

from include.gmm.mixture.parameters import Array
from include.gmm.model import Model
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions import artifacts
from tests.gmm.snapshots import train
from tests.gmm.versions.examples import applied, challenger, exactly, log_densities, reading

# Close together where a density is high, and far out where next to nothing of it is left.
POINTS = {
    "none": np.linspace(-10_000, 10_000, 200_001),
    "log1p": -1 + np.logspace(-6, 6, 200_001),
}


def of_euros(pipeline: Pipeline, values: Array) -> Array:
    """Log-densities (n,) of a model of that one feature."""
    model, values = Model(pipeline, len(values)), values[:, None]
    return model.log_densities(values, model.of(values))


@pytest.mark.parametrize("components", [1, 2])
@pytest.mark.parametrize("transform", POINTS)
def test_a_density_integrates_to_one(
    shoppers: pd.DataFrame,
    segmentation: Segmentation,
    store: Store,
    transform: str,
    components: int,
) -> None:
    settings = reading(segmentation, {"euros": {"transform": transform}}, **exactly(components))
    _, model = artifacts.load(store, train(shoppers, settings, store, "test"))
    points = POINTS[transform]
    density = np.exp(of_euros(model, points))
    assert integrate.trapezoid(density, points) == pytest.approx(1, abs=1e-5)


def test_the_density_of_log1p_is_that_of_shifted_lognormals(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    settings = reading(segmentation, {"euros": {"transform": "log1p"}}, **exactly(2))
    _, model = artifacts.load(store, train(shoppers, settings, store, "test"))
    mixture, scale = model.named_steps["mixture"], model.named_steps["scale"]
    means = scale.mean_[0] + scale.scale_[0] * mixture.means_[:, 0]
    deviations = scale.scale_[0] * np.sqrt(mixture.covariances_.reshape(2))
    values = np.array([0.0, 0.5, 20.0, 400.0, 1e5])
    expected = sum(
        weight * stats.lognorm(deviation, loc=-1, scale=np.exp(mean)).pdf(values)
        for weight, mean, deviation in zip(mixture.weights_, means, deviations, strict=True)
    )
    assert_allclose(of_euros(model, values), np.log(expected), rtol=1e-9)


def test_the_density_of_two_features_is_that_of_their_own_gaussian(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    columns = {"visits": {"transform": "none"}, "euros": {"transform": "none"}}
    settings = reading(segmentation, columns, covariance_types=["full"], **exactly(1))
    reference = train(shoppers, settings, store, "test")
    _, model = artifacts.load(store, reference)
    mixture, scale = model.named_steps["mixture"], model.named_steps["scale"]
    gaussian = stats.multivariate_normal(
        scale.mean_ + scale.scale_ * mixture.means_[0],
        np.outer(scale.scale_, scale.scale_) * mixture.covariances_[0],
    )
    made = challenger(store, reference, shoppers)
    assert_allclose(log_densities(made), gaussian.logpdf(applied(made)[0]), rtol=1e-9)


def test_values_in_hundredths_have_log_densities_lower_by_log_100_for_each_feature(
    shoppers: pd.DataFrame, segmentation: Segmentation, store: Store
) -> None:
    in_units, in_hundredths = (
        challenger(
            store,
            train(
                frame,
                reading(
                    segmentation,
                    {
                        "visits": {"transform": "none", "resolution": 1 * factor},
                        "euros": {"transform": "none", "resolution": 0.01 * factor},
                    },
                    **exactly(2),
                ),
                store,
                "test",
            ),
            frame,
        )
        for factor, frame in (
            (1, shoppers),
            (100, shoppers.assign(visits=shoppers.visits * 100, euros=shoppers.euros * 100)),
        )
    )
    lower = log_densities(in_units) - 2 * np.log(100)
    assert_allclose(log_densities(in_hundredths), lower, rtol=1e-6)
