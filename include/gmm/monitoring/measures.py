"""The ways in which data can drift, each as a figure with its threshold and a sentence."""

from __future__ import annotations

from include.gmm.drift import FeatureDrift, Kind, Measure, SegmentDrift
from include.gmm.monitoring import divergence
from include.gmm.monitoring.profile import Profile

NOTICEABLE = 0.0005  # a change of shares that is written as more than 0.0 %


def feature(drift: FeatureDrift, then: Profile, now: Profile, threshold: float) -> Measure:
    """The population stability index of one feature."""
    value = divergence.population_stability_index(
        drift.then, drift.now, divergence.floor_of(then.rows, now.rows)
    )
    unit = f" {drift.unit}" if drift.unit else ""
    return _judged(
        "feature",
        drift.label,
        value,
        threshold,
        divergence.psi_by_chance(len(drift.then), then.rows, now.rows),
        f"The mean was {drift.mean_then:,.4g}{unit} and is {drift.mean_now:,.4g}{unit}; the "
        f"population stability index is {value:.3f}.",
        name=drift.name,
    )


def log_likelihood(then: Profile, now: Profile, threshold: float) -> Measure:
    """The fall of the mean log-likelihood per row, in nats: the rows fit the mixture less well."""
    before, after = then.log_likelihood.mean, now.log_likelihood.mean
    return _judged(
        "log_likelihood",
        "Fall of the log-likelihood per row",
        before - after,
        threshold,
        divergence.fall_by_chance(then.log_likelihood.standard_deviation, then.rows, now.rows),
        f"The mean log-likelihood per row was {before:.3f} nats and is {after:.3f}: "
        f"{_change(round(after - before, 3), 'nats')}.",
    )


def segment_shares(
    segments: list[SegmentDrift], then: Profile, now: Profile, threshold: float
) -> Measure:
    """The total variation distance of the segments' shares."""
    value = divergence.total_variation(then.segments, now.segments)
    most = max(segments, key=lambda each: abs(each.now - each.then))
    told = (
        f"Segment {most.number} changed most: it had {100 * most.then:.1f} % of the rows and has "
        f"{100 * most.now:.1f} %. Over all segments, the shares moved by {100 * value:.1f} %."
        if value >= NOTICEABLE
        else "Every segment has the share of the rows that it had."
    )
    return _judged(
        "segment_shares",
        "Change of the shares of segments",
        value,
        threshold,
        divergence.total_variation_by_chance(len(segments), then.rows, now.rows),
        told,
    )


def sureness(then: Profile, now: Profile, threshold: float) -> Measure:
    """The fall of the mean largest membership probability: more rows lie between segments."""
    before, after = then.sureness.mean, now.sureness.mean
    return _judged(
        "sureness",
        "Fall of the mean largest membership probability",
        before - after,
        threshold,
        divergence.fall_by_chance(then.sureness.standard_deviation, then.rows, now.rows),
        f"The mean largest membership probability was {100 * before:.1f} % and is "
        f"{100 * after:.1f} %: {_change(round(100 * (after - before), 1), 'points')}.",
    )


def _change(difference: float, unit: str) -> str:
    if difference == 0:
        return "no change"
    return f"{'a rise' if difference > 0 else 'a fall'} by {abs(difference):g} {unit}"


def _judged(
    kind: Kind,
    label: str,
    value: float,
    threshold: float,
    by_chance: float,
    told: str,
    name: str = "",
) -> Measure:
    breached = value > max(threshold, by_chance)
    if breached:
        verdict = f"That is over the threshold of {threshold:g}."
    elif value > threshold:
        verdict = (
            f"That is over the threshold of {threshold:g}, but no breach: in so few rows chance "
            f"alone reaches {by_chance:.3g}."
        )
    else:
        verdict = f"The threshold is {threshold:g}."
    return Measure(
        name=name or kind,
        kind=kind,
        label=label,
        value=value,
        threshold=threshold,
        by_chance=by_chance,
        breached=breached,
        sentence=f"{told} {verdict}",
    )
