"""A feature table in outline: what is kept of the rows that a version was fitted to.

Its size does not depend on the number of rows: at most MOST_BINS shares for each feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field
from sklearn.pipeline import Pipeline

from include.gmm.features import FeatureTable
from include.gmm.mixture.parameters import Array

MOST_BINS = 10  # of a feature: deciles, as is usual for the population stability index


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Moments(_Part):
    """Of one number for each row."""

    mean: float
    standard_deviation: float


class Bins(_Part):
    """The rows by the value of one feature, in its own unit."""

    mean: float
    edges: list[float] = Field(
        description="Between the bins, ascending; a value on an edge is in the bin below it. The "
        "first bin has no lower end and the last one no upper end"
    )
    shares: list[float] = Field(description="Of the rows, one more than there are edges")


class Profile(_Part):
    """What a table looks like to a model."""

    rows: int
    features: dict[str, Bins] = Field(description="Those of the mixture, in order")
    log_likelihood: Moments = Field(description="Per row, of the standardised features, in nats")
    sureness: Moments = Field(description="Largest membership probability of each row")
    segments: list[float] = Field(
        description="Share of rows by their most probable component, in order of the components"
    )


def profile_of(table: FeatureTable, model: Pipeline) -> Profile:
    """The profile of a table, in bins of its own."""
    edges = {name: bin_edges(table.values[name].to_numpy()) for name in table.names}
    return profile_in(edges, table.values, model)


def profile_in(
    edges: Mapping[str, Sequence[float]], values: pd.DataFrame, model: Pipeline
) -> Profile:
    """The profile of rows (n, d) in given bins; each feature of the model has its edges."""
    names = list(edges)
    standardised: Array = model[:-1].transform(values[names])
    mixture = model.named_steps["mixture"]
    probabilities: Array = mixture.predict_proba(standardised)
    counts = np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1])
    return Profile(
        rows=len(values),
        features={name: _binned(values[name].to_numpy(), edges[name]) for name in names},
        log_likelihood=_moments(mixture.score_samples(standardised)),
        sureness=_moments(probabilities.max(axis=1)),
        segments=(counts / len(values)).tolist(),
    )


def bin_edges(values: Array) -> list[float]:
    """The edges between at most MOST_BINS bins of about equally many of the values (n,).

    They are quantiles, each a value of the column. A value that is two or more of them at once
    (1 order, where most people have one) is a point mass: the ties become one edge at the value
    and one at the next smaller value, so that it has a bin to itself and no other one is split.
    """
    levels = np.arange(1, MOST_BINS) / MOST_BINS
    quantiles, ties = np.unique(
        np.quantile(values, levels, method="inverted_cdf"), return_counts=True
    )
    edges = set(quantiles.tolist())
    for value in quantiles[ties > 1]:
        smaller = values[values < value]
        if smaller.size:
            edges.add(float(smaller.max()))
    return sorted(edges - {float(values.max())})  # above the largest value there are no rows


def _binned(values: Array, edges: Sequence[float]) -> Bins:
    places = np.searchsorted(np.asarray(edges), values, side="left")
    counts = np.bincount(places, minlength=len(edges) + 1)
    return Bins(
        mean=float(values.mean()), edges=list(edges), shares=(counts / len(values)).tolist()
    )


def _moments(values: Array) -> Moments:
    return Moments(mean=float(values.mean()), standard_deviation=float(values.std()))
