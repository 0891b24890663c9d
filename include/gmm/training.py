"""From a feature table to a published version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from include.gmm.errors import InputError
from include.gmm.features import Scale, check_table, held_out_rows, refuse_constant, scales
from include.gmm.mixture import Selection, select_mixture
from include.gmm.mixture.choice import Candidate
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.progress import Progress
from include.gmm.monitoring.profile import profile_of
from include.gmm.settings import Criterion, Segmentation
from include.gmm.store import Store
from include.gmm.summary import CandidateSummary, Caution, Choice
from include.gmm.versions import artifacts


def train(
    frame: pd.DataFrame,
    settings: Segmentation,
    store: Store,
    where: str,
    progress: Callable[[Progress], None] | None = None,
    as_of: datetime | None = None,
) -> artifacts.Reference:
    """Choose a mixture, fit it to the rows that are not held out, and publish it as a version.

    `where` names the frame's source in errors; `progress` hears how far the selection has come;
    `as_of` is the moment whose data the frame is, now unless given.
    Raises InputError for data or settings that cannot be used, and then publishes nothing.
    """
    table = check_table(frame, settings.features, where)
    decided = scales(table, settings.features.columns)
    fitted = table.values[~held_out_rows(table.keys, settings.mixture.held_out)]
    mixture = settings.mixture
    largest = mixture.n_components.max
    if len(fitted) <= largest:
        raise InputError(
            f"{where}: {len(table.keys)} rows, {len(fitted)} of them to fit, are too few for up to "
            f"{largest} components; bring more rows or try fewer components"
        )
    refuse_constant(fitted, where)

    preparation = preparation_of(decided)
    rows = preparation.fit_transform(fitted)
    selection = select_mixture(
        pd.DataFrame(rows, columns=table.names),
        range(mixture.n_components.min, largest + 1),
        mixture.covariance_types,
        criterion=mixture.criterion,
        parsimony=mixture.parsimony,
        resolution=cell_widths(fitted, decided, preparation.named_steps["scale"].scale_),
        seed=mixture.seed,
        progress=progress,
    )
    gaussians = selection.to_sklearn()
    model = Pipeline([*preparation.steps, ("mixture", gaussians)])
    data = artifacts.DataRecord(
        rows=len(table.keys),
        rows_fitted=len(rows),
        rows_left_out=table.gaps.rows,
        key=table.key,
        features=decided,
        digest=table.digest,
    )
    records = {
        "choice.json": _choice(selection, mixture.criterion),
        "profile.json": profile_of(table, model),
    }
    return artifacts.publish(store, settings, data, model, records, as_of)


def preparation_of(decided: dict[str, Scale]) -> Pipeline:
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


def cell_widths(values: pd.DataFrame, decided: dict[str, Scale], deviations: Array) -> Array:
    """How wide (n, d) the cells are to which values were rounded, in standardised units."""
    widths = [scale.cell_width(values[name].to_numpy()) for name, scale in decided.items()]
    standardised: Array = np.column_stack(widths) / deviations
    return standardised


def _choice(selection: Selection, criterion: Criterion) -> Choice:
    return Choice(
        n_components=selection.best.n_components,
        covariance_type=selection.best.covariance_type,
        criterion=criterion,
        rule=selection.rule,
        lead=selection.lead,
        warnings=[
            Caution(sentence=caution.sentence, component=caution.component)
            for caution in selection.cautions
        ],
        candidates=[_summarised(candidate) for candidate in selection.candidates],
    )


def _summarised(candidate: Candidate) -> CandidateSummary:
    return CandidateSummary(
        n_components=candidate.n_components,
        covariance_type=candidate.covariance_type,
        log_likelihood=candidate.log_likelihood,
        degrees_of_freedom=candidate.degrees_of_freedom,
        bic=candidate.bic,
        icl=candidate.icl,
        aic=candidate.aic,
        smallest_eigenvalue=candidate.smallest_eigenvalue,
        eigenvalue_floor=candidate.eigenvalue_floor,
        degenerate=candidate.degenerate,
        reason=candidate.reason,
        converged=candidate.converged,
        passes=candidate.passes,
        starts=candidate.starts,
        starts_agreed=candidate.starts_agreed,
        seconds=round(candidate.seconds, 3),
    )
