"""From a published version to its summary: what the saved artifact itself says of the rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from include.gmm import artifacts
from include.gmm.errors import InputError
from include.gmm.features import FeatureTable, check_table, held_out_rows
from include.gmm.mixture.parameters import Array
from include.gmm.settings import PROJECT, Feature
from include.gmm.summary import (
    HISTOGRAM_BINS,
    Evaluation,
    FeatureSummary,
    SegmentSummary,
    Summary,
)

UNSURE = 0.6  # a row whose largest membership probability is lower belongs nowhere clearly


def evaluate(
    models: Path, reference: artifacts.Reference, frame: pd.DataFrame, where: str
) -> Summary:
    """Load a version (its digests first), apply it to all rows, and keep the summary beside it.

    Raises InputError when a file is not the one that was saved, or the rows are not those that
    the model was fitted to.
    """
    manifest, model, choice = artifacts.load(models, reference)
    settings = manifest.settings
    table = check_table(frame, settings.features, where)
    if table.digest != manifest.data.digest:
        raise InputError(
            f"{where}: the features changed after version {manifest.version} was fitted to them; "
            "run the whole DAG again"
        )
    probabilities: Array = model.predict_proba(table.values)
    largest = probabilities.max(axis=1)
    log_likelihood = model.score_samples(table.values)
    held_out = held_out_rows(table.keys, settings.mixture.held_out)
    model_path = artifacts.folder_of(models, reference) / "model.joblib"
    summary = Summary(
        **choice.model_dump(),
        segmentation=settings.name,
        title=settings.title,
        version=manifest.version,
        created_at=manifest.created_at,
        rows=len(table.keys),
        key=table.key,
        seed=manifest.seed,
        features=_features(table, manifest),
        segments=_segments(table, probabilities, model),
        evaluation=Evaluation(
            rows_fitted=int((~held_out).sum()),
            rows_held_out=int(held_out.sum()),
            log_likelihood_per_row_fitted=float(log_likelihood[~held_out].mean()),
            log_likelihood_per_row_held_out=float(log_likelihood[held_out].mean()),
            mean_largest_probability=float(largest.mean()),
            share_below_60_percent=float((largest < UNSURE).mean()),
        ),
        model_path=_shown(model_path),
        model_sha256=manifest.files["model.joblib"],
    )
    artifacts.write_summary(models, reference, summary)
    return summary


def _features(table: FeatureTable, manifest: artifacts.Manifest) -> list[FeatureSummary]:
    described = []
    columns = manifest.settings.features
    for name, feature in {**columns.columns, **columns.profile}.items():
        scale = manifest.data.features.get(name)
        values = table.values[name] if scale else table.profile[name]
        described.append(
            FeatureSummary(
                name=name,
                label=_label(name, feature),
                unit=feature.unit,
                in_mixture=scale is not None,
                transform=scale.transform if scale else "none",
                resolution=scale.resolution if scale else 0.0,
                mean=_number(values.mean()),
                standard_deviation=_number(values.std(ddof=0)),
                median=_number(values.median()),
            )
        )
    return described


def _segments(table: FeatureTable, probabilities: Array, model: Pipeline) -> list[SegmentSummary]:
    assigned = probabilities.argmax(axis=1)
    columns = pd.concat([table.values, table.profile], axis=1)
    segments = []
    for component, weight in enumerate(model.named_steps["mixture"].weights_):
        members = probabilities[assigned == component, component]
        counts, _ = np.histogram(members, bins=HISTOGRAM_BINS, range=(0, 1))
        segments.append(
            SegmentSummary(
                number=component + 1,
                weight=float(weight),
                rows=len(members),
                share=len(members) / len(probabilities),
                mean_probability=float(members.mean()) if len(members) else None,
                histogram=counts.tolist(),
                profile={
                    name: _weighted_mean(columns[name].to_numpy(), probabilities[:, component])
                    for name in map(str, columns)
                },
            )
        )
    return segments


def _weighted_mean(values: Array, weights: Array) -> float | None:
    """Mean over the rows that have a value, None where there are none."""
    known = ~np.isnan(values)
    total = weights[known].sum()
    return _number(float(weights[known] @ values[known] / total)) if total > 0 else None


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _label(name: str, feature: Feature) -> str:
    return feature.label or name.replace("_", " ").capitalize()


def _shown(path: Path) -> str:
    """Relative to the project where it is inside, so that it means the same in every container."""
    resolved = path.resolve()
    inside = resolved.is_relative_to(PROJECT)
    return str(resolved.relative_to(PROJECT) if inside else resolved)
