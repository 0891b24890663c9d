"""A GaussianMixture that reads its rows in pieces: the estimator for users of scikit-learn."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from include.gmm.errors import InputError
from include.gmm.mixture.em.climb import Climb
from include.gmm.mixture.em.kernel import log_density
from include.gmm.mixture.em.passes import choose_kernel, memberships
from include.gmm.mixture.em.prior import CovariancePrior
from include.gmm.mixture.fitting import climbs_of
from include.gmm.mixture.layout import assign, fitted
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.progress import Progress
from include.gmm.mixture.rows.reading import Resolution, as_source, open_stream
from include.gmm.mixture.rows.source import InMemory, Source, beyond_floats
from include.gmm.mixture.rows.survey import Survey, survey
from include.gmm.mixture.rows.weights import checked_weights
from include.gmm.mixture.workers import threads


class StreamingGaussianMixture(GaussianMixture):  # type: ignore[misc]
    """GaussianMixture with exact EM over blocks of rows, in memory that does not grow with them.

    Parameters and fitted attributes are those of scikit-learn's GaussianMixture and mean the same.
    X may be an array, a frame, an Arrow table, the path of a Parquet file or folder, a pyarrow
    dataset, a DuckDB relation, or anything else with the Arrow C stream interface that can be read
    again. k-means and the like start on a sample of standardised rows; `n_init` starts advance
    together on the same passes over all rows.

    resolution: how wide the cells are to which values were rounded, for every column (d,), for
    every value (n, d), as a function of rows, or "auto". The likelihood that is maximised is then
    a lower bound of that of the unrounded values; scores and probabilities are those of the plain
    densities. covariance_prior: "conjugate" for the prior of Fraley and Raftery (2007), or a
    CovariancePrior; EM then climbs to the posterior mode. acceleration: "anderson" takes fewer
    passes and no step that lowers the log-likelihood; of several optima it may reach another.
    n_jobs: threads, all processors by default; the results do not depend on it. callback: called
    with a Progress after each pass.

    Besides scikit-learn's, `starts_agreed_` is how many of the starts ended at the best.
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **GaussianMixture._parameter_constraints,
        "resolution": ["array-like", callable, StrOptions({"auto"}), None],
        "covariance_prior": [CovariancePrior, StrOptions({"conjugate"}), None],
        "acceleration": [StrOptions({"anderson"}), None],
        "n_jobs": [int, None],
        "callback": [callable, None],
    }

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float = 1e-6,
        max_iter: int = 100,
        n_init: int = 1,
        init_params: str = "kmeans",
        weights_init: Any = None,
        means_init: Any = None,
        precisions_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        resolution: Resolution = None,
        covariance_prior: CovariancePrior | str | None = None,
        acceleration: str | None = None,
        n_jobs: int | None = None,
        callback: Callable[[Progress], None] | None = None,
    ) -> None:
        super().__init__(
            n_components,
            covariance_type=covariance_type,
            tol=tol,
            reg_covar=reg_covar,
            max_iter=max_iter,
            n_init=n_init,
            init_params=init_params,
            weights_init=weights_init,
            means_init=means_init,
            precisions_init=precisions_init,
            random_state=random_state,
            warm_start=warm_start,
            verbose=verbose,
            verbose_interval=verbose_interval,
        )
        self.resolution = resolution
        self.covariance_prior = covariance_prior
        self.acceleration = acceleration
        self.n_jobs = n_jobs
        self.callback = callback

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit the mixture to rows (n, d) with weights (n,) of any scale.

        Whole numbers are counts of copies; others are brought to a mean of 1 (rows/weights.py).
        Raises ValueError for fewer than two rows, fewer rows than components, values that are not
        finite numbers, or a component whose covariance became singular.
        """
        self._validate_params()
        source = self._source(X, sample_weight, reset=True)
        self._print_verbose_msg_init_beg(0)
        with threads(self.n_jobs) as workers:
            seen = survey(source, workers)
            self._check_rows(seen)
            self._check_parameters(np.empty((1, source.n_features)), xp=np)
            climbs = climbs_of(self, source, seen, workers, self._tell)
        self._keep(climbs)
        return self

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> NDArray[np.intp]:
        """Fit, and return the most probable component of every row (n,)."""
        return self.fit(X, sample_weight=sample_weight).predict(X)

    def predict_proba(self, X: Any) -> Array:
        """Responsibilities (n, K): the probability of each component given the row."""
        return self._memberships(X)[0]

    def predict(self, X: Any) -> NDArray[np.intp]:
        """The most probable component of every row (n,)."""
        return self.predict_proba(X).argmax(axis=1)

    def score_samples(self, X: Any) -> Array:
        """Log-density (n,) of every row."""
        return self._memberships(X)[1]

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Mean log-density of the rows, weighted where there are weights (n,)."""
        return self._total_score(X, sample_weight)[0]

    def bic(self, X: Any, sample_weight: Any = None) -> float:
        """-2 log L + df log n (Schwarz 1978), n the sum of the weights as `fit` has them."""
        mean, total = self._total_score(X, sample_weight)
        return float(-2 * mean * total + self._n_parameters() * np.log(total))

    def aic(self, X: Any, sample_weight: Any = None) -> float:
        """-2 log L + 2 df (Akaike 1974); lower is better."""
        mean, total = self._total_score(X, sample_weight)
        return float(-2 * mean * total + 2 * self._n_parameters())

    def iter_proba(self, X: Any) -> Iterator[tuple[Array, Array]]:
        """Responsibilities (m, K) and log-densities (m,), chunk by chunk in the order of the rows.

        For data that do not fit into memory; all chunks but the last have the same length m.
        """
        check_is_fitted(self)
        yield from self._scores(self._source(X, None, reset=False))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.array_api_support = False
        return tags

    def to_sklearn(self) -> GaussianMixture:
        """A plain GaussianMixture with the same parameters, which loads without this project."""
        check_is_fitted(self)
        names = GaussianMixture().get_params()
        model = GaussianMixture(**{name: getattr(self, name) for name in names})
        assign(model, fitted(self))
        for name in ("converged_", "n_iter_", "lower_bound_", "lower_bounds_", "n_features_in_"):
            setattr(model, name, getattr(self, name))
        if hasattr(self, "feature_names_in_"):
            model.feature_names_in_ = self.feature_names_in_
        return model

    def _source(self, X: Any, sample_weight: Any, *, reset: bool) -> Source:
        resolution = self.resolution if reset else None
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

    def _check_rows(self, seen: Survey) -> None:
        if seen.rows < max(2, self.n_components):
            raise ValueError(
                "Expected n_samples >= n_components and at least 2 "
                f"but got n_components = {self.n_components}, n_samples = {seen.rows}"
            )

    def _tell(self, passes: int, climbs: Sequence[Climb]) -> None:
        best = max(climbs, key=lambda climb: climb.objective)
        gains = np.diff(best.objectives[-2:])
        self._print_verbose_msg_iter_end(passes, float(gains[0]) if len(gains) else np.inf)
        if self.callback is not None:
            done = sum(climb.ended for climb in climbs)
            self.callback(Progress("Fitting", done, len(climbs), passes))

    def _keep(self, climbs: list[Climb]) -> None:
        sound = [climb for climb in climbs if not climb.failure]
        if not sound:
            raise ValueError(
                "Fitting the mixture failed: the covariance of a component became singular, since "
                "it holds too few rows, equal rows, or columns that are functions of each other. "
                f"Try fewer components (n_components={self.n_components}), a greater reg_covar "
                f"({self.reg_covar}), or a resolution."
            )
        top = max(climb.objective for climb in sound)
        # The first of those that ended at the same optimum: rounding decides which is higher.
        best = next(climb for climb in sound if climb.objective >= top - 1e-9)
        self.converged_ = best.converged
        self.n_iter_ = best.passes
        self.lower_bound_ = best.objective
        self.lower_bounds_ = best.objectives
        # Within what is left to climb when a step gains less than tol.
        near = best.objective - 10 * self.tol
        self.starts_agreed_ = sum(climb.objective >= near for climb in sound)
        self._print_verbose_msg_init_end(self.lower_bound_, self.converged_)
        if not self.converged_ and self.max_iter > 0:
            warnings.warn(
                f"EM did not converge within max_iter={self.max_iter} passes: a step still gains "
                f"more than tol={self.tol} of log-likelihood a row. Increase max_iter or tol, or "
                "set acceleration='anderson'.",
                ConvergenceWarning,
                stacklevel=3,
            )
        assign(self, best.image)

    def _memberships(self, X: Any) -> tuple[Array, Array]:
        check_is_fitted(self)
        source = self._source(X, None, reset=False)
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
        """Weighted mean log-density, and the sum of the weights."""
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
