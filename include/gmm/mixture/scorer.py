"""A fitted mixture applied to rows that come in pieces: the half of the estimator after `fit`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture
from sklearn.utils.validation import check_is_fitted, validate_data

from include.gmm.errors import InputError
from include.gmm.mixture.em.kernel import log_density
from include.gmm.mixture.em.passes import choose_kernel, memberships
from include.gmm.mixture.layout import assign, fitted
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.reading import Resolution, as_source, open_stream
from include.gmm.mixture.rows.source import InMemory, Source, beyond_floats
from include.gmm.mixture.rows.weights import checked_weights
from include.gmm.mixture.workers import threads


class StreamingScorer(GaussianMixture):  # type: ignore[misc]
    """Responsibilities and densities of rows in whatever form StreamingGaussianMixture takes."""

    n_jobs: int | None

    def predict_proba(self, X: Any) -> Array:
        """Responsibilities: the probability of each component given the row.

        Parameters
        ----------
        X : array-like, path or stream of shape (n_samples, n_features)
            The rows, in the units of those that the mixture was fitted to.

        Returns
        -------
        Array
            Of shape (n_samples, n_components); every row sums to 1.
        """
        return self._memberships(X)[0]

    def predict(self, X: Any) -> NDArray[np.intp]:
        """The most probable component of every row.

        Parameters
        ----------
        X : array-like, path or stream of shape (n_samples, n_features)
            The rows, in the units of those that the mixture was fitted to.

        Returns
        -------
        NDArray[np.intp]
            Of shape (n_samples,): places in `weights_`.
        """
        return self.predict_proba(X).argmax(axis=1)

    def score_samples(self, X: Any) -> Array:
        """Log-density of every row.

        Parameters
        ----------
        X : array-like, path or stream of shape (n_samples, n_features)
            The rows, in the units of those that the mixture was fitted to.

        Returns
        -------
        Array
            Of shape (n_samples,): natural logarithms of densities per unit of every column.
        """
        return self._memberships(X)[1]

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Mean log-density of the rows.

        Parameters
        ----------
        X : array-like, path or stream of shape (n_samples, n_features)
            The rows, in the units of those that the mixture was fitted to.
        y : None
            Not used; there for scikit-learn's pipelines.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows, as for `fit`.

        Returns
        -------
        float
            In natural logarithms per row.
        """
        return self._total_score(X, sample_weight)[0]

    def bic(self, X: Any, sample_weight: Any = None) -> float:
        """Bayesian information criterion, -2 log L + df log n (Schwarz 1978); lower is better.

        Parameters
        ----------
        X : array-like, path or stream of shape (n_samples, n_features)
            The rows, in the units of those that the mixture was fitted to.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows; n is their sum as `fit` has it.

        Returns
        -------
        float
            In scikit-learn's sign, which is the opposite of mclust's.
        """
        mean, total = self._total_score(X, sample_weight)
        return float(-2 * mean * total + self._n_parameters() * np.log(total))

    def aic(self, X: Any, sample_weight: Any = None) -> float:
        """Akaike information criterion, -2 log L + 2 df (Akaike 1974); lower is better.

        Parameters
        ----------
        X : array-like, path or stream of shape (n_samples, n_features)
            The rows, in the units of those that the mixture was fitted to.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the rows, as for `fit`.

        Returns
        -------
        float
            In scikit-learn's sign.
        """
        mean, total = self._total_score(X, sample_weight)
        return float(-2 * mean * total + 2 * self._n_parameters())

    def iter_proba(self, X: Any) -> Iterator[tuple[Array, Array]]:
        """Yield responsibilities and log-densities in pieces, for data that do not fit into memory.

        Parameters
        ----------
        X : array-like, path or stream of shape (n_samples, n_features)
            The rows, in the units of those that the mixture was fitted to.

        Yields
        ------
        tuple[Array, Array]
            Of shapes (m, n_components) and (m,), in the order of the rows. All pieces but the last
            have the same length m.
        """
        check_is_fitted(self)
        yield from self._scores(self._source(X, None))

    def to_sklearn(self) -> GaussianMixture:
        """A plain GaussianMixture with the same parameters, which loads without this project.

        Returns
        -------
        GaussianMixture
            A fitted one of scikit-learn's own class.
        """
        check_is_fitted(self)
        names = GaussianMixture().get_params()
        model = GaussianMixture(**{name: getattr(self, name) for name in names})
        assign(model, fitted(self))
        for name in ("converged_", "n_iter_", "lower_bound_", "lower_bounds_", "n_features_in_"):
            setattr(model, name, getattr(self, name))
        if hasattr(self, "feature_names_in_"):
            model.feature_names_in_ = self.feature_names_in_
        return model

    def _source(
        self, X: Any, sample_weight: Any, resolution: Resolution = None, *, reset: bool = False
    ) -> Source:
        if open_stream(X) is None:
            with beyond_floats():
                X = validate_data(
                    self,
                    X,
                    dtype=np.float64,
                    order="C",
                    reset=reset,
                    ensure_min_samples=2 if reset else 1,
                )
            names = getattr(self, "feature_names_in_", None)
            return as_source(X, resolution, sample_weight, None if names is None else list(names))
        source = as_source(X, resolution, sample_weight)
        if reset:
            self.n_features_in_ = source.n_features
            self.feature_names_in_ = np.array(source.names, dtype=object)
        elif source.n_features != self.n_features_in_:
            raise InputError(
                f"{source.n_features} columns, but the mixture was fitted to {self.n_features_in_}"
            )
        elif list(getattr(self, "feature_names_in_", source.names or [])) != source.names:
            raise InputError(
                f"columns {source.names}, but the mixture was fitted to "
                f"{list(self.feature_names_in_)}"
            )
        return source

    def _memberships(self, X: Any) -> tuple[Array, Array]:
        check_is_fitted(self)
        source = self._source(X, None)
        if isinstance(source, InMemory):
            n = len(source.rows)
            into = np.empty((n, self.n_components)), np.empty(n)
            deque(self._scores(source, into), maxlen=0)
            return into
        parts = list(self._scores(source))
        if not parts:
            raise InputError("there are no rows")
        return np.concatenate([part[0] for part in parts]), np.concatenate([p[1] for p in parts])

    def _scores(
        self, source: Source, into: tuple[Array, Array] | None = None
    ) -> Iterator[tuple[Array, Array]]:
        mixture = fitted(self)
        density = log_density(mixture, mixture.weights @ mixture.means)
        rows = len(source.rows) if isinstance(source, InMemory) else np.inf
        with threads(self.n_jobs) as workers:
            kernel = choose_kernel(rows * density.matrix.size, or_loaded=True)
            yield from memberships(source, density, workers, kernel, into)

    def _total_score(self, X: Any, sample_weight: Any) -> tuple[float, float]:
        # The weighted mean log-density, and the sum of the weights.
        weights = checked_weights(sample_weight)
        total, sum_of_weights, start = 0.0, 0.0, 0
        for _, log_densities in self.iter_proba(X):
            end = start + len(log_densities)
            if weights is not None and len(weights) < end:
                break
            weight = np.ones(len(log_densities)) if weights is None else weights[start:end]
            total += float(weight @ log_densities)
            sum_of_weights += float(weight.sum())
            start = end
        if weights is not None and len(weights) != start:
            raise InputError(f"sample_weight: {len(weights)} values, which is not one for each row")
        if not sum_of_weights:
            raise InputError("there are no rows")
        return total / sum_of_weights, sum_of_weights
