"""Memberships of Arrow batches by the parts of a pipeline, several times as fast as the pipeline.

The pipeline makes a frame of every column and scikit-learn an array for every component. Here the
columns go into one array, and the kernel with which mixtures are fitted passes over it.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from sklearn.compose import ColumnTransformer
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from include.gmm.errors import InputError
from include.gmm.mixture.em.kernel import log_density
from include.gmm.mixture.em.passes import choose_kernel
from include.gmm.mixture.layout import fitted
from include.gmm.mixture.parameters import Array


class Engine:
    """What `Pipeline.predict_proba` gives, within rounding. Threads may share it.

    names: the features, in order; n_components: K.
    """

    def __init__(self, model: Pipeline, rows: int) -> None:
        """`rows`: about how many there will be, which decides whether to load the compiled kernel.

        Raises InputError for a pipeline that is not made as include.gmm.training makes it.
        """
        columns, scaler, mixture = _parts(model)
        self.names, self._logarithmic = _features(columns)
        self._mean, self._scale = scaler.mean_, scaler.scale_
        parameters = fitted(mixture)
        self.n_components = len(parameters.weights)
        density = log_density(parameters, parameters.weights @ parameters.means)
        self._kernel = choose_kernel(rows * density.matrix.size, or_loaded=True)
        self._density = self._kernel.prepare(density)

    def memberships(self, batch: pa.RecordBatch) -> Array:
        """Probabilities (K, m), a contiguous row for each component.

        batch: m rows with a column of float64 for every feature, by its name.
        """
        rows = np.empty((batch.num_rows, len(self.names)))
        for place, name in enumerate(self.names):
            values = batch.column(name).to_numpy(zero_copy_only=False)
            if self._logarithmic[place]:
                values = np.log1p(values)
            np.divide(values - self._mean[place], self._scale[place], out=rows[:, place])
        probabilities = np.empty((self.n_components, len(rows)))
        self._kernel.memberships(rows, self._density, probabilities.T, np.empty(len(rows)))
        return probabilities


def _parts(model: object) -> tuple[ColumnTransformer, StandardScaler, GaussianMixture]:
    kinds = {"columns": ColumnTransformer, "scale": StandardScaler, "mixture": GaussianMixture}
    steps = dict(model.steps) if isinstance(model, Pipeline) else {}
    if list(steps) != list(kinds) or any(type(steps[name]) is not kinds[name] for name in kinds):
        raise InputError(
            "the model is not a pipeline of a ColumnTransformer, a StandardScaler and a "
            "GaussianMixture, as this project trains them; train again"
        )
    return steps["columns"], steps["scale"], steps["mixture"]


def _features(columns: ColumnTransformer) -> tuple[list[str], list[bool]]:
    """The features in order, and which of them are read as log1p."""
    names, logarithmic = [], []
    for _, transform, of in columns.transformers:
        log1p = isinstance(transform, FunctionTransformer) and transform.func is np.log1p
        if not (log1p or transform == "passthrough") or len(of) != 1:
            raise InputError(
                f"the model transforms column {', '.join(map(repr, of))} in a way that is neither "
                "log1p nor none, which scoring does not know; train again"
            )
        names += of
        logarithmic.append(log1p)
    return names, logarithmic
