"""From a published version to its summary: what the saved artifact itself says of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.pipeline import Pipeline

from include.gmm.errors import InputError
from include.gmm.mixture.workers import threads
from include.gmm.model import Applied, Model
from include.gmm.projection import discriminant_axes
from include.gmm.promotion_record import Succession
from include.gmm.rounding import significant
from include.gmm.sampling import Ambiguous, Drawn
from include.gmm.settings import PROJECT, Segmentation
from include.gmm.snapshot import order
from include.gmm.snapshot.rows import Batch, Rows
from include.gmm.stability import share_kept
from include.gmm.store import Store
from include.gmm.summary import (
    Caution,
    Choice,
    Evaluation,
    FeatureSummary,
    MixtureSummary,
    SegmentSummary,
    Summary,
)
from include.gmm.tally import Tally
from include.gmm.versions import artifacts, champion, saved_summary
from include.gmm.versions.card import add_card
from include.gmm.versions.records import Manifest, Reference
from include.gmm.versions.succession import Challenger, compare

DIGITS = 9  # of parameters and mean memberships: true enough to draw, and the summary stays small


def evaluate(store: Store, reference: Reference, rows: Rows, where: str) -> Summary:
    """Load a version (its digests first), apply it to all rows, and keep the summary beside it.

    Beside it as well: the page that people look at, as a file, and the card.

    Parameters
    ----------
    store, reference
        The version, and where it is.
    rows
        Those that it was fitted to, and the held-out ones.
    where
        Names their source in errors.

    Raises
    ------
    InputError
        When a file is not the one that was saved, or the rows are not those of the version.
    """
    manifest, pipeline = artifacts.load(store, reference)
    choice = artifacts.load_record(store, reference, manifest, "choice.json", Choice)
    settings = manifest.settings
    if rows.sha256 != manifest.data.digest:
        raise InputError(
            f"{where}: the features changed after version {manifest.version} was fitted to them; "
            "run the whole DAG again"
        )
    model = Model(pipeline, len(rows))
    tally, drawn, ambiguous = _passed_over(rows, model, settings.mixture.held_out)
    succession = compare(
        Challenger(
            settings=settings,
            rows=rows,
            model=model,
            choice=choice,
            stability=share_kept(pipeline, rows, manifest.data.features, manifest.seed),
        ),
        champion.read(store, settings.name),
        store,
    )
    names, cautions = _names(settings, succession)
    fitted, held_out = (tally.log_densities / tally.counts).tolist()
    summary = Summary(
        **choice.model_dump(exclude={"warnings"}),
        warnings=[
            *choice.warnings,
            *(Caution(sentence=sentence) for sentence in (*cautions, *rows.gaps.told())),
        ],
        segmentation=settings.name,
        title=settings.title,
        version=manifest.version,
        created_at=manifest.created_at,
        rows=len(rows),
        key=rows.key,
        seed=manifest.seed,
        features=_features(rows, manifest, model, tally),
        segments=_segments(rows, tally, pipeline, succession.segment_ids, names),
        mixture=_mixture(pipeline),
        ambiguous=ambiguous.rows,
        sample=drawn.sample(succession.segment_ids),
        evaluation=Evaluation(
            rows_fitted=int(tally.counts[0]),
            rows_held_out=int(tally.counts[1]),
            log_likelihood_per_row_fitted=fitted,
            log_likelihood_per_row_held_out=held_out,
            mean_largest_probability=tally.largest / len(rows),
            share_below_60_percent=tally.unsure / len(rows),
            least_log_density=tally.least_log_density,
        ),
        succession=succession,
        model_path=_shown(store.address(artifacts.file_of(reference, "model.joblib"))),
        model_sha256=manifest.files["model.joblib"],
    )
    saved_summary.keep(store, reference, summary)
    add_card(store, reference, summary, manifest)
    return summary


def _passed_over(rows: Rows, model: Model, share: float) -> tuple[Tally, Drawn, Ambiguous]:
    """What the model finds in all rows, in one pass; a share of them is held out."""

    def of(batch: Batch) -> tuple[Tally, Batch, Applied]:
        applied = model.of(batch.values)
        return Tally.of(batch, applied, rows.held_out(batch.hashes, share)), batch, applied

    total: Tally | None = None
    drawn, ambiguous = Drawn(len(rows.features)), Ambiguous()
    with threads() as workers:
        for tally, batch, applied in workers.over(of, rows.batches()):
            total = tally if total is None else total + tally
            drawn.add(batch, applied)
            ambiguous.add(batch, applied)
    if total is None:
        raise InputError(f"{rows.path}: there are no rows")
    return total, drawn, ambiguous


def _features(rows: Rows, manifest: Manifest, model: Model, tally: Tally) -> list[FeatureSummary]:
    columns, scales = manifest.settings.features, manifest.data.features
    centres = dict(zip(model.names, model.transform.centre.tolist(), strict=True))
    deviations = dict(zip(model.names, model.transform.deviation.tolist(), strict=True))
    of_column = tally.columns.count, tally.columns.mean, tally.columns.standard_deviation
    names = [*rows.features, *rows.profile]
    moments = dict(zip(names, zip(*of_column, strict=True), strict=True))
    described = []
    for name, feature in {**columns.columns, **columns.profile}.items():
        scale = scales.get(name)
        count, mean, deviation = moments[name]
        described.append(
            FeatureSummary(
                name=name,
                label=feature.named(name),
                unit=feature.unit,
                in_mixture=scale is not None,
                transform=scale.transform if scale else "none",
                resolution=scale.resolution if scale else 0.0,
                mean=float(mean) if count else None,
                standard_deviation=float(deviation) if count else None,
                median=order.median(rows, name),
                centre=centres.get(name),
                scale=deviations.get(name),
            )
        )
    return described


def _segments(
    rows: Rows,
    tally: Tally,
    pipeline: Pipeline,
    ids: Sequence[int],
    names: Mapping[int, str],
) -> list[SegmentSummary]:
    columns = [*rows.features, *rows.profile]
    segments = []
    for component, number in enumerate(ids):
        assigned = int(tally.assigned[component])
        confusion = tally.confusion[component] / max(assigned, 1)
        means = tally.means[component].tolist()
        segments.append(
            SegmentSummary(
                number=number,
                name=names.get(number, ""),
                weight=float(pipeline.named_steps["mixture"].weights_[component]),
                rows=assigned,
                share=float(tally.shares[component]),
                mean_probability=float(confusion[component]) if assigned else None,
                mean_memberships=confusion.round(DIGITS).tolist() if assigned else [],
                histogram=tally.histogram[component].tolist(),
                profile={
                    name: mean if np.isfinite(mean) else None
                    for name, mean in zip(columns, means, strict=True)
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

    With a champion, ids are kept and names go with them.
    """
    last = len(succession.segment_ids)
    beyond = settings.names_beyond(last)
    if succession.champion or not beyond:
        return dict(settings.segment_names), []
    return {}, [
        f"segment_names goes beyond the last segment, {last} ({', '.join(beyond)}): it was "
        "made for another fit, so no name is used. Look at the segments and name them again."
    ]


def _shown(address: str) -> str:
    """Relative to the project where it is inside, so that it means the same in every container."""
    inside = Path(address).is_relative_to(PROJECT)
    return str(Path(address).relative_to(PROJECT)) if inside else address
