"""A feature table of today, held against the one that a version was fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sklearn.pipeline import Pipeline

from include.gmm.drift import Drift, FeatureDrift, Measure, SegmentDrift
from include.gmm.errors import InputError
from include.gmm.monitoring import measures
from include.gmm.monitoring.profile import Profile, profile_in
from include.gmm.settings import Segmentation
from include.gmm.snapshot.gaps import Gaps
from include.gmm.snapshot.rows import Rows
from include.gmm.store import Store
from include.gmm.transform import Transform
from include.gmm.versions import artifacts
from include.gmm.versions.champion import load as load_champion
from include.gmm.versions.records import Champion, DataRecord, Manifest


@dataclass(frozen=True)
class Baseline:
    """A version, the profile of the data it was fitted to, and the ids of its segments."""

    manifest: Manifest
    model: Pipeline
    profile: Profile
    segment_ids: tuple[int, ...]


def baseline(store: Store, champion: Champion) -> Baseline:
    """The champion as data is held against it. Raises InputError as `champion.load` does."""
    manifest, model = load_champion(store, champion)
    profile = artifacts.load_record(store, champion.reference, manifest, "profile.json", Profile)
    return Baseline(manifest, model, profile, champion.segment_ids)


def measure(base: Baseline, rows: Rows, settings: Segmentation, where: str) -> Drift:
    """How far the rows of today are from those that the version was fitted to.

    `settings` has the thresholds and names of today; `where` names the table's source in errors.
    A measure is a breach if it exceeds its threshold, and what chance alone reaches in so many
    rows besides: the PSI of ten bins of 100 rows each is 0.18 on average with no drift at all.
    Raises InputError that names a feature which the table or the profile lacks, or whose values
    the model cannot take.
    """
    _check(base, rows, where)
    then = base.profile
    now = profile_in({name: bins.edges for name, bins in then.features.items()}, rows, base.model)
    features = _features(base, now)
    segments = [
        SegmentDrift(
            number=number, name=settings.segment_names.get(number, ""), then=before, now=after
        )
        for number, before, after in zip(base.segment_ids, then.segments, now.segments, strict=True)
    ]
    thresholds = settings.monitoring.thresholds
    measured = [
        *(measures.feature(each, then, now, thresholds.feature_psi) for each in features),
        measures.log_likelihood(then, now, thresholds.log_likelihood),
        measures.segment_shares(segments, then, now, thresholds.segment_shares),
        measures.sureness(then, now, thresholds.sureness),
    ]
    return Drift(
        segmentation=settings.name,
        title=settings.title,
        version=base.manifest.version,
        created_at=base.manifest.created_at,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        rows_then=then.rows,
        rows_now=now.rows,
        measures=measured,
        features=features,
        segments=segments,
        breached=any(each.breached for each in measured),
        sentence=_concluded(measured) + _left_out(base.manifest.data, rows.gaps),
    )


def _check(base: Baseline, rows: Rows, where: str) -> None:
    """Raise InputError unless the version can be applied to the rows, and its profile fits it."""
    decided, version = base.manifest.data.features, base.manifest.version
    if list(base.profile.features) != list(decided):
        raise InputError(
            f"the profile of version {version} has the features "
            f"{', '.join(base.profile.features)}, and its model reads {', '.join(decided)}; "
            "train again"
        )
    if missing := [name for name in decided if name not in rows.features]:
        raise InputError(
            f"{where}: no feature {', '.join(missing)}, which version {version} reads; bring the "
            "column back, or train again without it"
        )
    Transform.of(base.model).refuse(*rows.extent(list(decided)), where)


def _features(base: Baseline, now: Profile) -> list[FeatureDrift]:
    columns = base.manifest.settings.features.columns
    return [
        FeatureDrift(
            name=name,
            label=columns[name].named(name),
            unit=columns[name].unit,
            edges=then.edges,
            then=then.shares,
            now=now.features[name].shares,
            mean_then=then.mean,
            mean_now=now.features[name].mean,
        )
        for name, then in base.profile.features.items()
    ]


def _left_out(then: DataRecord, now: Gaps) -> str:
    """How many rows lack a value, then and now, where any do."""
    if not (then.rows_left_out or now.rows):
        return ""
    before = then.rows_left_out / (then.rows_left_out + then.rows)
    share = now.rows / now.total
    return (
        f" {now.rows:,} rows ({100 * share:.1f} %) lack a value and were left out; "
        f"{100 * before:.1f} % did when the version was fitted."
    )


def _concluded(measured: list[Measure]) -> str:
    over = [f"{each.label} ({each.value:.3g})" for each in measured if each.breached]
    if not over:
        return f"No drift: none of the {len(measured)} measures is a breach."
    verb = "is over its threshold" if len(over) == 1 else "are over their thresholds"
    return f"The data drifted. Of {len(measured)} measures {len(over)} {verb}: {', '.join(over)}."
