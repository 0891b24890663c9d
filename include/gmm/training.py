"""From a feature table to a published version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from include.gmm import artifacts
from include.gmm.errors import InputError
from include.gmm.features import Scale, check_table, held_out_rows, refuse_constant, scales
from include.gmm.mixture.em import to_sklearn
from include.gmm.mixture.kernel import Array
from include.gmm.mixture.selection import Candidate, Selection, select_mixture
from include.gmm.settings import Criterion, Segmentation
from include.gmm.summary import CandidateSummary, Choice


def train(
    frame: pd.DataFrame,
    settings: Segmentation,
    models: Path,
    where: str,
    progress: Callable[[int, int], None] | None = None,
) -> artifacts.Reference:
    """Choose a mixture, fit it to the rows that are not held out, and publish it as a version.

    `where` names the frame's source in errors; `progress(candidates fitted, candidates)`.
    Raises InputError for data or settings that cannot be used, and then publishes nothing.
    """
    table = check_table(frame, settings.features, where)
    decided = scales(table, settings.features.columns)
    fitted = table.values[~held_out_rows(table.keys, settings.mixture.held_out)]
    mixture = settings.mixture
    largest = mixture.n_components.max
    if len(fitted) <= largest:
        raise InputError(
            f"{where}: {len(frame)} rows, {len(fitted)} of them to fit, are too few for up to "
            f"{largest} components; bring more rows or try fewer components"
        )
    refuse_constant(fitted, where)

    preparation = _preparation(decided)
    rows = preparation.fit_transform(fitted)
    selection = select_mixture(
        rows,
        _cell_variance(fitted, decided, preparation.named_steps["scale"].scale_),
        range(mixture.n_components.min, largest + 1),
        mixture.covariance_types,
        criterion=mixture.criterion,
        parsimony=mixture.parsimony,
        seed=mixture.seed,
        progress=progress,
    )
    gaussians = to_sklearn(selection.best.fit, len(rows), mixture.seed)
    model = Pipeline([*preparation.steps, ("mixture", gaussians)])
    data = artifacts.DataRecord(
        rows=len(table.keys),
        rows_fitted=len(rows),
        key=table.key,
        features=decided,
        digest=table.digest,
    )
    return artifacts.publish(models, settings, data, model, _choice(selection, mixture.criterion))


def _preparation(decided: dict[str, Scale]) -> Pipeline:
    """Transform each column, then give it mean 0 and variance 1. Made of scikit-learn alone."""
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


def _cell_variance(values: pd.DataFrame, decided: dict[str, Scale], deviations: Array) -> Array:
    """Variance (n, d) that rounding hides: width^2 / 12 of each cell, in standardised units."""
    widths = np.column_stack(
        [scale.cell_width(values[name].to_numpy()) for name, scale in decided.items()]
    )
    variance: Array = (widths / deviations) ** 2 / 12
    return variance


def _choice(selection: Selection, criterion: Criterion) -> Choice:
    return Choice(
        n_components=selection.best.n_components,
        covariance_type=selection.best.covariance_type,
        criterion=criterion,
        rule=selection.rule,
        warnings=selection.warnings,
        candidates=[_summarised(candidate) for candidate in selection.candidates],
    )


def _summarised(candidate: Candidate) -> CandidateSummary:
    fit = candidate.fit
    return CandidateSummary(
        n_components=candidate.n_components,
        covariance_type=candidate.covariance_type,
        log_likelihood=fit.log_likelihood,
        degrees_of_freedom=candidate.degrees_of_freedom,
        bic=candidate.bic,
        icl=candidate.icl,
        aic=candidate.aic,
        smallest_eigenvalue=candidate.smallest_eigenvalue,
        degenerate=candidate.degenerate,
        reason=candidate.reason,
        converged=fit.converged,
        iterations=fit.iterations,
        starts=fit.starts,
        starts_agreed=fit.starts_agreed,
    )
