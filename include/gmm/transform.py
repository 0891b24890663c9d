"""From a feature's own units to what the mixture sees, and back: the only place that knows how.

Each column is taken as it is or as log1p, and is then given mean 0 and variance 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.settings import Feature

WIDE_SPREAD = 20  # (1 + largest) / (1 + smallest) from which "auto" takes a column as log1p
FURTHEST = 1e50  # standard deviations; the square of much more is infinite


@dataclass(frozen=True)
class Scale:
    """How one feature is read: its transform and the step in which its values come."""

    transform: Literal["none", "log1p"]
    resolution: float

    def apply(self, values: Array) -> Array:
        """The transformed values, same shape."""
        return np.log1p(values) if self.transform == "log1p" else values

    def cell_width(self, values: Array) -> Array:
        """Width of the rounding cell around each value, after the transform."""
        half = self.resolution / 2
        return self.apply(values + half) - self.apply(values - half)

    def can_take(self, least: float) -> bool:
        """Whether a column whose smallest value this is can be transformed."""
        return self.transform == "none" or least > -1


def decide(name: str, feature: Feature, least: float, greatest: float, step: float) -> Scale:
    """A feature's transform and resolution, with "auto" decided from the data.

    Parameters
    ----------
    name, feature
        The column, and what its settings say.
    least, greatest
        Of its values.
    step
        In which its values come, 0 for none.

    Raises
    ------
    InputError
        If log1p is asked for a column with values of -1 or less.
    """
    transform: Literal["none", "log1p"]
    if feature.transform == "auto":
        spread = (1 + greatest) / (1 + least) if least >= 0 else 0.0
        transform = "log1p" if spread >= WIDE_SPREAD else "none"
    else:
        transform = feature.transform
    resolution = step if feature.resolution == "auto" else feature.resolution
    if transform == "log1p" and least - resolution / 2 <= -1:
        raise InputError(
            f"column {name!r}: log1p needs values above {resolution / 2 - 1:g}, "
            f"the smallest is {least:g}; set its transform to none"
        )
    return Scale(transform, resolution)


def preparation_of(decided: Mapping[str, Scale]) -> Pipeline:
    """The transform of each column and the standardising, of scikit-learn alone, not yet fitted."""
    columns = ColumnTransformer(
        [
            (
                f"feature_{position}",
                FunctionTransformer(np.log1p, feature_names_out="one-to-one")
                if scale.transform == "log1p"
                else "passthrough",
                [name],
            )
            for position, (name, scale) in enumerate(decided.items())
        ],
        verbose_feature_names_out=False,
    )
    return Pipeline([("columns", columns), ("scale", StandardScaler())])


@dataclass(frozen=True)
class Transform:
    """What a fitted pipeline does to rows before the mixture sees them.

    logarithmic (d,) of bool, centre (d,) and deviation (d,) in the order of `names`.
    """

    names: tuple[str, ...]
    logarithmic: tuple[bool, ...]
    centre: Array
    deviation: Array

    @classmethod
    def of(cls, preparation: Pipeline) -> Self:
        """That of a pipeline whose first two steps are as `preparation_of` makes them.

        Raises
        ------
        InputError
            If they are others.
        """
        columns, scaler = (step for _, step in preparation.steps[:2])
        names: list[str] = []
        logarithmic: list[bool] = []
        for _, transform, of in columns.transformers:
            log1p = isinstance(transform, FunctionTransformer) and transform.func is np.log1p
            if not (log1p or transform == "passthrough") or len(of) != 1:
                raise InputError(
                    f"the model transforms column {', '.join(map(repr, of))} in a way that is "
                    "neither log1p nor none; train again"
                )
            names += of
            logarithmic.append(log1p)
        return cls(tuple(names), tuple(logarithmic), scaler.mean_, scaler.scale_)

    def standardised(self, values: Array) -> Array:
        """What the mixture sees (n, d) of rows (n, d) in the features' own units."""
        rows = np.empty(values.shape)
        for place, log1p in enumerate(self.logarithmic):
            column = np.log1p(values[:, place]) if log1p else values[:, place]
            np.divide(column - self.centre[place], self.deviation[place], out=rows[:, place])
        return rows

    def cell_widths(self, values: Array, scales: Sequence[Scale]) -> Array:
        """How wide (n, d) the cells are to which values were rounded, in standardised units."""
        widths = [scale.cell_width(values[:, place]) for place, scale in enumerate(scales)]
        standardised: Array = np.column_stack(widths) / self.deviation
        return standardised

    def log_jacobian(self, values: Array) -> Array:
        """log |dz / dx| (n,) of rows (n, d): what a density in own units has beyond that of z.

        By the change of variables: 1 / deviation and, after log1p, 1 / (deviation (1 + x)).
        """
        logarithms = np.full(len(values), -np.log(self.deviation).sum())
        for place, log1p in enumerate(self.logarithmic):
            if log1p:
                logarithms -= np.log1p(values[:, place])
        return logarithms

    def fault(self, least: Array, greatest: Array) -> str:
        """Why values, in each column from least to greatest (d,), are no input; or nothing."""
        for place, name in enumerate(self.names):
            ends = np.array([least[place], greatest[place]])
            if self.logarithmic[place] and ends[0] <= -1:
                return (
                    f"column {name!r} has values of -1 or less, such as {ends[0]:g}, and the model "
                    "takes it as log1p"
                )
            read = np.log1p(ends) if self.logarithmic[place] else ends
            furthest = np.abs(read - self.centre[place]).max() / self.deviation[place]
            if not furthest <= FURTHEST:
                return (
                    f"column {name!r} has values too large to reckon with, such as "
                    f"{ends[np.abs(ends).argmax()]:g}"
                )
        return ""

    def refuse(self, least: Array, greatest: Array, where: str) -> None:
        """Raise InputError for a column whose values, from least to greatest, are no input."""
        if fault := self.fault(least, greatest):
            raise InputError(
                f"{where}: {fault}; correct the values, or train again with another transform"
            )
