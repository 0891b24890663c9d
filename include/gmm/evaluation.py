"""From a published version to its summary: what the saved artifact itself says of the rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from include.gmm.errors import InputError
from include.gmm.features import FeatureTable, check_table, held_out_rows
from include.gmm.mixture.parameters import Array
from include.gmm.projection import discriminant_axes
from include.gmm.promotion_record import Succession
from include.gmm.rounding import significant
from include.gmm.sampling import ambiguous, sample
from include.gmm.settings import PROJECT, Segmentation
from include.gmm.stability import share_kept
from include.gmm.store import Store
from include.gmm.summary import (
    HISTOGRAM_BINS,
    Caution,
    Choice,
    Evaluation,
    FeatureSummary,
    MixtureSummary,
    SegmentSummary,
    Summary,
)
from include.gmm.versions import artifacts, champion, saved_summary
from include.gmm.versions.card import add_card
from include.gmm.versions.succession import Challenger, compare, in_own_units

DIGITS = 9  # of parameters and mean memberships: true enough to draw, and the summary stays small
UNSURE = 0.6  # a row whose largest membership probability is lower belongs nowhere clearly


def evaluate(
    store: Store, reference: artifacts.Reference, frame: pd.DataFrame, where: str
) -> Summary:
    """Load a version (its digests first), apply it to all rows, and keep the summary beside it.

    Beside it as well: the page that people look at, as a file, and the card.
    Raises InputError when a file is not the one that was saved, or the rows are not those that
    the model was fitted to.
    """
    manifest, model = artifacts.load(store, reference)
    choice = artifacts.load_record(store, reference, manifest, "choice.json", Choice)
    settings = manifest.settings
    table = fitted_table(frame, manifest, where)
    probabilities: Array = model.predict_proba(table.values)
    largest = probabilities.max(axis=1)
    log_likelihood = model.score_samples(table.values)
    held_out = held_out_rows(table.keys, settings.mixture.held_out)
    succession = compare(
        Challenger(
            settings=settings,
            table=table,
            probabilities=probabilities,
            log_densities=in_own_units(log_likelihood, model, manifest.data.features, table),
            choice=choice,
            stability=share_kept(model, table.values, manifest.data.features, manifest.seed),
        ),
        champion.read(store, settings.name),
        store,
    )
    names, told = _names(settings, succession)
    summary = Summary(
        **choice.model_dump(exclude={"warnings"}),
        warnings=[
            *choice.warnings,
            *(Caution(sentence=sentence) for sentence in (*told, *table.gaps.told())),
        ],
        segmentation=settings.name,
        title=settings.title,
        version=manifest.version,
        created_at=manifest.created_at,
        rows=len(table.keys),
        key=table.key,
        seed=manifest.seed,
        features=_features(table, manifest, model),
        segments=_segments(table, probabilities, model, succession.segment_ids, names),
        mixture=_mixture(model),
        ambiguous=ambiguous(table, probabilities),
        sample=sample(table, probabilities, succession.segment_ids),
        evaluation=Evaluation(
            rows_fitted=int((~held_out).sum()),
            rows_held_out=int(held_out.sum()),
            log_likelihood_per_row_fitted=float(log_likelihood[~held_out].mean()),
            log_likelihood_per_row_held_out=float(log_likelihood[held_out].mean()),
            mean_largest_probability=float(largest.mean()),
            share_below_60_percent=float((largest < UNSURE).mean()),
            least_log_density=float(log_likelihood.min()),
        ),
        succession=succession,
        model_path=_shown(store.address(artifacts.file_of(reference, "model.joblib"))),
        model_sha256=manifest.files["model.joblib"],
    )
    saved_summary.keep(store, reference, summary)
    add_card(store, reference, summary, manifest)
    return summary


def fitted_table(frame: pd.DataFrame, manifest: artifacts.Manifest, where: str) -> FeatureTable:
    """The rows that a version was fitted to. Raises InputError if these are others."""
    table = check_table(frame, manifest.settings.features, where)
    if table.digest != manifest.data.digest:
        raise InputError(
            f"{where}: the features changed after version {manifest.version} was fitted to them; "
            "run the whole DAG again"
        )
    return table


def _features(
    table: FeatureTable, manifest: artifacts.Manifest, model: Pipeline
) -> list[FeatureSummary]:
    described = []
    scaler = model.named_steps["scale"]
    centres = dict(zip(table.names, scaler.mean_.tolist(), strict=True))
    deviations = dict(zip(table.names, scaler.scale_.tolist(), strict=True))
    columns = manifest.settings.features
    for name, feature in {**columns.columns, **columns.profile}.items():
        scale = manifest.data.features.get(name)
        values = table.values[name] if scale else table.profile[name]
        described.append(
            FeatureSummary(
                name=name,
                label=feature.named(name),
                unit=feature.unit,
                in_mixture=scale is not None,
                transform=scale.transform if scale else "none",
                resolution=scale.resolution if scale else 0.0,
                mean=_number(values.mean()),
                standard_deviation=_number(values.std(ddof=0)),
                median=_number(values.median()),
                centre=centres.get(name),
                scale=deviations.get(name),
            )
        )
    return described


def _segments(
    table: FeatureTable,
    probabilities: Array,
    model: Pipeline,
    ids: tuple[int, ...],
    names: dict[int, str],
) -> list[SegmentSummary]:
    assigned = probabilities.argmax(axis=1)
    columns = pd.concat([table.values, table.profile], axis=1)
    segments = []
    for component, number in enumerate(ids):
        rows = probabilities[assigned == component]
        members = rows[:, component]
        counts, _ = np.histogram(members, bins=HISTOGRAM_BINS, range=(0, 1))
        segments.append(
            SegmentSummary(
                number=number,
                name=names.get(number, ""),
                weight=float(model.named_steps["mixture"].weights_[component]),
                rows=len(members),
                share=len(members) / len(probabilities),
                mean_probability=float(members.mean()) if len(members) else None,
                mean_memberships=rows.mean(axis=0).round(DIGITS).tolist() if len(members) else [],
                histogram=counts.tolist(),
                profile={
                    name: _weighted_mean(columns[name].to_numpy(), probabilities[:, component])
                    for name in map(str, columns)
                },
            )
        )
    return segments


def _mixture(model: Pipeline) -> MixtureSummary:
    mixture = model.named_steps["mixture"]
    return MixtureSummary(
        weights=significant(mixture.weights_, DIGITS),
        means=significant(mixture.means_, DIGITS),
        covariances=significant(mixture.covariances_, DIGITS),
        axes=significant(discriminant_axes(mixture), DIGITS),
    )


def _names(settings: Segmentation, succession: Succession) -> tuple[dict[int, str], list[str]]:
    """The names of the segments, and a sentence where they are those of another fit.

    With a champion, ids are kept and names go with them. Before the first one, a name beyond the
    last segment tells that people looked at more of them when they gave names: then number 1 may be
    others as well, and no name is better than a wrong one.
    """
    last = len(succession.segment_ids)
    beyond = [name for number, name in settings.segment_names.items() if number > last]
    if succession.champion or not beyond:
        return dict(settings.segment_names), []
    return {}, [
        f"segment_names goes beyond the last segment, {last} ({', '.join(beyond)}): it was "
        "made for another fit, so no name is used. Look at the segments and name them again."
    ]


def _weighted_mean(values: Array, weights: Array) -> float | None:
    """Mean over the rows that have a value, None where there are none."""
    known = ~np.isnan(values)
    total = weights[known].sum()
    return _number(float(weights[known] @ values[known] / total)) if total > 0 else None


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _shown(address: str) -> str:
    """Relative to the project where it is inside, so that it means the same in every container."""
    inside = Path(address).is_relative_to(PROJECT)
    return str(Path(address).relative_to(PROJECT)) if inside else address
