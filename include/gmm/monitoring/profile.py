"""A feature table in outline: what is kept of the rows that a version was fitted to.

Its size does not depend on the number of rows: at most MOST_BINS shares for each feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from sklearn.pipeline import Pipeline

from include.gmm.mixture.workers import threads
from include.gmm.model import Model
from include.gmm.snapshot import order
from include.gmm.snapshot.rows import Batch, Rows
from include.gmm.sums import Moments, added

MOST_BINS = 10  # of a feature: deciles, as is usual for the population stability index


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Spread(_Part):
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
    log_likelihood: Spread = Field(description="Per row, of the standardised features, in nats")
    sureness: Spread = Field(description="Largest membership probability of each row")
    segments: list[float] = Field(
        description="Share of rows by their most probable component, in order of the components"
    )


def profile_of(rows: Rows, pipeline: Pipeline) -> Profile:
    """The profile of the rows of a snapshot, in bins of their own."""
    return profile_in({name: bin_edges(rows, name) for name in rows.features}, rows, pipeline)


def profile_in(edges: Mapping[str, Sequence[float]], rows: Rows, pipeline: Pipeline) -> Profile:
    """The profile of rows in given bins, in one pass.

    Parameters
    ----------
    edges
        Of each feature that the pipeline reads, in its order.
    rows
        Of a snapshot that has these features.
    pipeline
        A fitted mixture with its preparation.
    """
    model = Model(pipeline, len(rows))
    inner = [np.asarray(each) for each in edges.values()]

    def of(batch: Batch) -> tuple[Any, ...]:
        applied = model.of(batch.values)
        return (
            Moments.of(batch.values),
            Moments.of(np.column_stack([applied.log_densities, applied.largest])),
            np.bincount(applied.most_probable, minlength=model.n_components),
            *(
                np.bincount(np.searchsorted(edge, column, side="left"), minlength=len(edge) + 1)
                for edge, column in zip(inner, batch.values.T, strict=True)
            ),
        )

    with threads() as workers:
        totals = added(workers.over(of, rows.batches(list(edges))))
    features, of_rows, segments, *binned = totals
    log_likelihood, sureness = (
        Spread(mean=float(mean), standard_deviation=float(deviation))
        for mean, deviation in zip(of_rows.mean, of_rows.standard_deviation, strict=True)
    )
    n = len(rows)
    return Profile(
        rows=n,
        features={
            name: Bins(mean=float(mean), edges=list(edge), shares=(counts / n).tolist())
            for (name, edge), mean, counts in zip(edges.items(), features.mean, binned, strict=True)
        },
        log_likelihood=log_likelihood,
        sureness=sureness,
        segments=(segments / n).tolist(),
    )


def bin_edges(rows: Rows, name: str) -> list[float]:
    """The edges between at most MOST_BINS bins of about equally many of a column's values.

    They are quantiles, each a value of the column. A value that is two or more of them at once
    (1 order, where most people have one) is a point mass: the ties become one edge at the value
    and one at the next smaller value, so that it has a bin to itself and no other one is split.
    """
    levels = (np.arange(1, MOST_BINS) / MOST_BINS).tolist()
    *inner, greatest = order.quantiles(rows, name, [*levels, 1.0])
    found, ties = np.unique(inner, return_counts=True)
    tied = found[ties > 1].tolist()
    edges = {*found.tolist(), *order.next_smaller(rows, name, tied)}
    return sorted(edges - {float(greatest)})  # above the largest value there are no rows
