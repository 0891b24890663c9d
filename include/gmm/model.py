"""A version applied to rows: responsibilities and densities, in one pass of the kernel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from include.gmm.errors import InputError
from include.gmm.mixture.em.kernel import log_density
from include.gmm.mixture.em.passes import choose_kernel
from include.gmm.mixture.layout import fitted
from include.gmm.mixture.parameters import Array
from include.gmm.transform import Transform

KINDS = {"columns": ColumnTransformer, "scale": StandardScaler, "mixture": GaussianMixture}


@dataclass(frozen=True)
class Applied:
    """What a mixture says of m rows: responsibilities (K, m) and log-densities (m,).

    A contiguous row for each component. The densities are those of standardised features.
    """

    responsibilities: Array
    log_densities: Array

    @cached_property
    def most_probable(self) -> NDArray[np.int16]:
        """The component (m,) that is most probable for each row, the first of equal ones.

        argmax along the first axis says the same, and takes as long as the mixture.
        """
        from_last = np.zeros(len(self.largest), np.int16)
        for place, of_component in enumerate(reversed(self.responsibilities)):
            np.maximum(from_last, (of_component == self.largest) * np.int16(place), out=from_last)
        return np.int16(len(self.responsibilities) - 1) - from_last

    @cached_property
    def largest(self) -> Array:
        """The largest responsibility (m,) of each row."""
        largest: Array = self.responsibilities.max(axis=0)
        return largest


class Mixture:
    """A fitted GaussianMixture, as a pass over standardised rows uses it. Threads may share it."""

    def __init__(self, mixture: GaussianMixture, rows: int) -> None:
        """`rows`: about how many there will be: whether the compiled kernel is worth loading."""
        parameters = fitted(mixture)
        self.n_components = len(parameters.weights)
        density = log_density(parameters, parameters.weights @ parameters.means)
        self._kernel = choose_kernel(rows * density.matrix.size, or_loaded=True)
        self._density = self._kernel.prepare(density)

    def of(self, rows: Array) -> Applied:
        """What it says of standardised rows (m, d)."""
        responsibilities = np.empty((self.n_components, len(rows)))
        log_densities = np.empty(len(rows))
        self._kernel.memberships(rows, self._density, responsibilities.T, log_densities)
        return Applied(responsibilities, log_densities)


class Model:
    """A pipeline as training makes it: what `Pipeline.predict_proba` gives, within rounding.

    names: the features, in order; n_components: K.
    """

    def __init__(self, pipeline: Pipeline, rows: int) -> None:
        """`rows`: as for Mixture. Raises InputError for a pipeline that is not ours."""
        steps = dict(pipeline.steps) if isinstance(pipeline, Pipeline) else {}
        if list(steps) != list(KINDS) or any(
            type(steps[name]) is not KINDS[name] for name in KINDS
        ):
            raise InputError(
                "the model is not a pipeline of a ColumnTransformer, a StandardScaler and a "
                "GaussianMixture, as this project trains them; train again"
            )
        self.transform = Transform.of(pipeline)
        self.mixture = Mixture(steps["mixture"], rows)
        self.names = self.transform.names
        self.n_components = self.mixture.n_components

    def of(self, values: Array) -> Applied:
        """What it says of rows (m, d) in the features' own units, columns in order of `names`."""
        return self.mixture.of(self.transform.standardised(values))

    def log_densities(self, values: Array, applied: Applied) -> Array:
        """Log-densities (m,) in the features' own units: comparable between versions."""
        return applied.log_densities + self.transform.log_jacobian(values)
