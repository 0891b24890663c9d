"""From a snapshot of features to a published version."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sklearn.pipeline import Pipeline

from include.gmm.mixture import Selection, select_mixture
from include.gmm.mixture.choice import Candidate
from include.gmm.mixture.progress import Progress
from include.gmm.monitoring.profile import profile_of
from include.gmm.prepared import fit_preparation, scales, write_prepared
from include.gmm.settings import Criterion, Segmentation
from include.gmm.snapshot.rows import Rows
from include.gmm.store import Store
from include.gmm.summary import CandidateSummary, Caution, Choice
from include.gmm.versions import artifacts
from include.gmm.versions.records import DataRecord, Reference


def train(
    rows: Rows,
    settings: Segmentation,
    store: Store,
    where: str,
    progress: Callable[[Progress], None] | None = None,
    as_of: datetime | None = None,
    snapshot: str | None = None,
) -> Reference:
    """Choose a mixture, fit it to the rows that are not held out, and publish it as a version.

    Parameters
    ----------
    rows
        Of a snapshot, with the columns that the settings name.
    settings
        Which mixtures compete, and what decides between them.
    store
        Where the version goes.
    where
        Names the source of the rows in errors.
    progress
        Hears how far the selection has come.
    as_of
        The moment whose data the rows are: now unless given.
    snapshot
        The name of the snapshot in the store, where it is in one.

    Raises
    ------
    InputError
        For data or settings that cannot be used; then nothing is published.
    """
    mixture = settings.mixture
    decided = scales(rows, settings.features.columns)
    preparation, rows_fitted = fit_preparation(rows, decided, mixture, where)
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.parquet"
        selection = select_mixture(
            prepared,
            range(mixture.n_components.min, mixture.n_components.max + 1),
            mixture.covariance_types,
            criterion=mixture.criterion,
            parsimony=mixture.parsimony,
            resolution=write_prepared(rows, decided, preparation, mixture.held_out, prepared),
            seed=mixture.seed,
            progress=progress,
        )
    model = Pipeline([*preparation.steps, ("mixture", selection.to_sklearn())])
    data = DataRecord(
        rows=len(rows),
        rows_fitted=rows_fitted,
        rows_left_out=rows.gaps.rows,
        key=rows.key,
        features=decided,
        digest=rows.sha256,
        snapshot=snapshot,
    )
    records = {
        "choice.json": _choice(selection, mixture.criterion),
        "profile.json": profile_of(rows, model),
    }
    return artifacts.publish(store, settings, data, model, records, as_of)


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
