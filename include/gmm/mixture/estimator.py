"""A GaussianMixture that reads its rows in pieces: the estimator for users of scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.utils._param_validation import StrOptions

from include.gmm.mixture.em.climb import Climb
from include.gmm.mixture.em.prior import CovariancePrior
from include.gmm.mixture.layout import assign
from include.gmm.mixture.multistart import climbs_of
from include.gmm.mixture.progress import Progress
from include.gmm.mixture.rows.reading import Resolution
from include.gmm.mixture.rows.survey import Survey, survey
from include.gmm.mixture.scorer import StreamingScorer
from include.gmm.mixture.workers import threads


class StreamingGaussianMixture(StreamingScorer):
    """GaussianMixture with exact EM over blocks of rows, in memory that does not grow with them.

    Parameters and fitted attributes of scikit-learn's GaussianMixture mean the same here. Rows may
    be an array, a frame, an Arrow table, the path of a Parquet file or folder, a pyarrow dataset, a
    DuckDB relation, or anything else with the Arrow C stream interface that can be read again.

    Parameters
    ----------
    n_components : int, default=1
        How many components the mixture has.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        What shapes the components may have.
    tol : float, default=1e-3
        EM ends when a step gains less, in log-likelihood per row.
    reg_covar : float, default=1e-6
        What is added to every variance, in the units of the rows squared.
    max_iter : int, default=100
        The most passes over the rows.
    n_init : int, default=1
        Starts, which advance together on the same passes.
    init_params : {"kmeans", "k-means++", "random", "random_from_data"}, default="kmeans"
        How starts are made, on a sample of standardised rows.
    weights_init : array-like of shape (n_components,), optional
        Mixing weights of every start.
    means_init : array-like of shape (n_components, n_features), optional
        Means of every start, in the units of the rows.
    precisions_init : array-like, optional
        Inverses of the covariances of every start, in scikit-learn's shape for the type.
    random_state : int or RandomState, optional
        What draws the sample and the starts.
    warm_start : bool, default=False
        Whether `fit` goes on from the last solution.
    verbose : int, default=0
        Whether progress is printed (1), with figures (2).
    verbose_interval : int, default=10
        Passes between two lines of it.
    resolution : array-like, callable, list of str or "auto", optional
        How wide the cells are to which values were rounded, in the units of the rows: for every
        column (n_features,), for every value (n_samples, n_features), a function of rows, the
        names of the columns of a stream that hold them (in the order of the others), or what the
        values themselves show. What is maximised is then a lower bound of the likelihood of the
        unrounded values (Sheppard's correction, row by row); scores are of the plain densities.
    covariance_prior : CovariancePrior or "conjugate", optional
        Of Fraley and Raftery (2007, Journal of Classification 24:155) where it is "conjugate"; EM
        then climbs to the posterior mode.
    acceleration : "anderson", optional
        Takes fewer passes (Anderson 1965; type II of Fang and Saad 2009), and no step that lowers
        the log-likelihood; of several optima it may reach another.
    n_jobs : int, optional
        Threads, all processors by default; the results do not depend on it.
    callback : callable, optional
        Called with a Progress after each pass.

    Attributes
    ----------
    starts_agreed_ : int
        How many of the starts ended at the best, beside the attributes that scikit-learn's has.
    """

    starts_agreed_: int

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
        """Fit the mixture to rows.

        Parameters
        ----------
        X : array-like, path or stream of shape (n_samples, n_features)
            The rows, in any units: a stream is read once for each pass.
        y : None
            Not used; there for scikit-learn's pipelines.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of any scale. Whole numbers are counts of copies; others are brought to a mean
            of 1.

        Returns
        -------
        Self
            The estimator.

        Raises
        ------
        ValueError
            For fewer than two rows, fewer rows than components, values that are not finite numbers,
            or a component whose covariance became singular.
        """
        self._validate_params()
        source = self._source(X, sample_weight, self.resolution, reset=True)
        self._print_verbose_msg_init_beg(0)
        with threads(self.n_jobs) as workers:
            seen = survey(source, workers)
            self._check_rows(seen)
            self._check_parameters(np.empty((1, source.n_features)), xp=np)
            climbs = climbs_of(self, source, seen, workers, self._tell)
        self._keep(climbs)
        return self

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> NDArray[np.intp]:
        """Fit, and return the most probable component of every row.

        Parameters
        ----------
        X : array-like, path or stream of shape (n_samples, n_features)
            As for `fit`.
        y : None
            Not used; there for scikit-learn's pipelines.
        sample_weight : array-like of shape (n_samples,), optional
            As for `fit`.

        Returns
        -------
        NDArray[np.intp]
            Of shape (n_samples,): places in `weights_`.
        """
        return self.fit(X, sample_weight=sample_weight).predict(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.array_api_support = False
        return tags

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
