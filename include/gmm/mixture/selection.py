"""Choosing the number of components and the covariance type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd
from sklearn.mixture import GaussianMixture

from include.gmm.mixture.arguments import EVERY_TYPE, checked_settings, refuse_unusable
from include.gmm.mixture.choice import Candidate, Caution, Criterion, choose
from include.gmm.mixture.competition import candidates_of
from include.gmm.mixture.em.kernel import expanded_width
from include.gmm.mixture.em.passes import choose_kernel
from include.gmm.mixture.layout import assign
from include.gmm.mixture.limits import shortages
from include.gmm.mixture.parameters import Array, CovarianceType, has_cross_products
from include.gmm.mixture.point_masses import point_masses
from include.gmm.mixture.progress import Progress
from include.gmm.mixture.rows.reading import Resolution, as_source, checked
from include.gmm.mixture.rows.sample import draw, sample_size
from include.gmm.mixture.rows.survey import survey
from include.gmm.mixture.search import MAX_PASSES, TOLERANCE, Search
from include.gmm.mixture.workers import threads


@dataclass(frozen=True)
class Selection:
    """All candidates, the choice, and what it rests on.

    Parameters
    ----------
    best : Candidate
        The mixture that was chosen, with its parameters in the units of the rows.
    runner_up : Candidate | None
        The best of the others, where there are others.
    candidates : list[Candidate]
        Every K with every covariance type, in order.
    rule : str
        The sentence that says why the best was chosen.
    lead : str
        How far the runner-up is behind, in words.
    cautions : list[Caution]
        What to be wary of, by component where it is of one.
    reg_covar : Array
        Of shape (n_features,): what was added to every variance, in the units of the rows squared.
    rows : float
        How many rows, or the sum of their weights.
    seed : int
        What drew the sample and the starts.
    """

    best: Candidate
    runner_up: Candidate | None
    candidates: list[Candidate]
    rule: str
    lead: str
    cautions: list[Caution]
    reg_covar: Array
    rows: float
    seed: int

    @property
    def warnings(self) -> list[str]:
        """What to be wary of, in sentences."""
        return [str(caution) for caution in self.cautions]

    @property
    def table(self) -> pd.DataFrame:
        """One row for each candidate, the chosen one marked."""
        rows = []
        for candidate in self.candidates:
            row = {name: value for name, value in asdict(candidate).items() if name != "parameters"}
            row["degenerate"] = candidate.degenerate
            row["chosen"] = candidate is self.best
            rows.append(row)
        return pd.DataFrame(rows)

    def to_sklearn(self) -> GaussianMixture:
        """The chosen mixture as a plain GaussianMixture, as if its own `fit` had run.

        Returns
        -------
        GaussianMixture
            A fitted one of scikit-learn's own class, which loads without this project.
        """
        best = self.best
        model = GaussianMixture(
            n_components=best.n_components,
            covariance_type=best.covariance_type,
            reg_covar=float(self.reg_covar.mean()),
            tol=TOLERANCE,
            max_iter=MAX_PASSES,
            n_init=best.starts,
            random_state=self.seed,
        )
        assign(model, best.parameters)
        model.converged_ = best.converged
        model.n_iter_ = best.passes
        model.lower_bound_ = best.log_likelihood / self.rows
        model.lower_bounds_ = [model.lower_bound_]
        model.n_features_in_ = best.parameters.means.shape[1]
        return model


def select_mixture(
    data: Any,
    n_components: Sequence[int] = range(1, 11),
    covariance_types: Sequence[CovarianceType] = EVERY_TYPE,
    *,
    criterion: Criterion = "bic",
    parsimony: float = 0.0,
    resolution: Resolution = "auto",
    sample_weight: Array | None = None,
    covariance_prior: Literal["conjugate"] | None = None,
    seed: int = 0,
    n_starts: int = 2,
    n_jobs: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Selection:
    """Fit every K with every covariance type, on shared passes over the rows, and choose.

    The result depends on neither threads nor the order of rows.

    Parameters
    ----------
    data : array-like, path or stream of shape (n_samples, n_features)
        The rows, in any units and whatever form StreamingGaussianMixture takes.
    n_components : Sequence[int], default=range(1, 11)
        The sizes to try.
    covariance_types : Sequence[CovarianceType], default=("full", "tied", "diag", "spherical")
        The shapes to try. For which of them there are too few rows, the cautions say.
    criterion : {"bic", "icl", "aic"}, default="bic"
        What compares candidates: of Schwarz (1978), of Biernacki, Celeux and Govaert (2000), or of
        Akaike (1974).
    parsimony : float, default=0.0
        The smallest K within this share of the best gain in the criterion is chosen.
    resolution : array-like, callable, list of str or "auto", default="auto"
        How wide the cells are to which values were rounded, as for StreamingGaussianMixture.
    sample_weight : array-like of shape (n_samples,), optional
        Weights of the rows, as for StreamingGaussianMixture.
    covariance_prior : "conjugate", optional
        The prior of Fraley and Raftery (2007).
    seed : int, default=0
        What draws the sample and the starts.
    n_starts : int, default=2
        Starts of each candidate by k-means++, besides those from its neighbours in size.
    n_jobs : int, optional
        Threads, all processors by default.
    progress : callable, optional
        Called with a Progress after each round of starts and each pass.

    Returns
    -------
    Selection
        All candidates and the choice.

    Raises
    ------
    InputError
        For data or settings that cannot be used, by name, and where every candidate collapsed.
    """
    sizes = checked_settings(
        n_components, covariance_types, criterion, parsimony, n_starts, seed, covariance_prior
    )
    covariance_types = list(dict.fromkeys(covariance_types))
    rows, names = checked(data)
    source = as_source(rows, resolution, sample_weight, names)
    with threads(n_jobs) as workers:
        seen = survey(source, workers)
        refuse_unusable(seen, sizes, covariance_types)
        width = expanded_width(
            source.n_features, cross_products=any(map(has_cross_products, covariance_types))
        )
        size = sample_size(max(sizes), source.n_features)
        # Starts see the sample some thirty times for every pass over all rows.
        likely = 30 * (seen.rows + n_starts * min(size, seen.rows))
        search = Search(
            source,
            seen,
            draw(source, size, seed),
            seed,
            n_starts,
            covariance_prior is not None,
            workers,
            choose_kernel(likely * width * sum(sizes) * len(covariance_types)),
        )
        candidates = candidates_of(search, sizes, covariance_types, progress)
    choice = choose(candidates, criterion, parsimony)
    return Selection(
        best=choice.best,
        runner_up=choice.runner_up,
        candidates=candidates,
        rule=choice.rule,
        lead=choice.lead,
        cautions=[
            *map(Caution, choice.warnings),
            *map(
                Caution,
                shortages(
                    covariance_types,
                    seen.total,
                    source.n_features,
                    choice.best.n_components,
                    sizes[-1],
                ),
            ),
            *point_masses(search.sample, source, choice.best.parameters),
        ],
        reg_covar=search.reg_covar,
        rows=seen.total,
        seed=seed,
    )
