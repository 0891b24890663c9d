"""Measurements of drift to draw and read: made up, but with everything that real ones bring."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from include.gmm.drift import Drift, FeatureDrift, Kind, Measure, SegmentDrift
from include.gmm.page import drift_pages, vega
from include.gmm.page.charts import ThemeName
from include.gmm.page.drift_pages import DriftHistory, Monitored
from include.gmm.page.history import Run

SVG = "{http://www.w3.org/2000/svg}"
FIRST = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)
LABELS: dict[Kind, str] = {
    "log_likelihood": "Fall of the log-likelihood per row",
    "segment_shares": "Change of the shares of segments",
    "sureness": "Fall of the mean largest membership probability",
}


def drifted(psi: float = 0.31, segments: int = 5, label: str = "Total spend") -> Drift:
    """A measurement in which the feature of that label has that PSI, the rest no breach."""
    measures = [
        _measure("feature", "spend", label, psi, 0.2),
        _measure("feature", "orders", "Orders", 0.0123, 0.2),
        _measure("log_likelihood", "log_likelihood", LABELS["log_likelihood"], -0.0712, 0.3),
        _measure("segment_shares", "segment_shares", LABELS["segment_shares"], 0.0431, 0.1),
        _measure("sureness", "sureness", LABELS["sureness"], 0.0102, 0.05),
    ]
    breached = any(measure.breached for measure in measures)
    return Drift(
        segmentation="customers",
        title="Customers by how they buy",
        version="20261101T203000Z-1a2b3c4d",
        created_at="2026-11-01T20:30:00+00:00",
        measured_at="2026-11-24T04:31:07+00:00",
        rows_then=23_570,
        rows_now=25_118,
        measures=measures,
        features=[
            _feature("spend", label, "dollars", [12.5, 15.25, 24.0, 61.75, 240.0]),
            _feature("orders", "Orders", "orders", [1.0, 2.0, 4.0]),
        ],
        segments=_segments(segments),
        breached=breached,
        sentence=f"The data drifted. Of 5 measures 1 is over its threshold: {label} ({psi})."
        if breached
        else "No drift: none of the 5 measures is a breach.",
    )


def over_time(*psi: float, label: str = "Total spend") -> DriftHistory:
    """A run a day with the feature's PSI of each, and a failed one before them."""
    runs = [
        Monitored(
            run_id=f"scheduled__{place}/<x>",
            date=FIRST + timedelta(days=place),
            state="success",
            drift=drifted(value, label=label),
        )
        for place, value in enumerate(psi)
    ]
    failed = Run(
        run_id="scheduled__x", date=FIRST - timedelta(days=1), state="failed", note="No champion"
    )
    return DriftHistory("customers_monitor", [*reversed(runs), failed], left_out=3)


def drawn_over_time(*psi: float, theme: ThemeName = "light", label: str = "Spend") -> str:
    """The chart of these measurements over time, as SVG."""
    made = drift_pages.history_chart(over_time(*psi, label=label), "drift-measures", theme)
    assert made is not None
    return vega.as_svg(made)


def texts(svg: str) -> list[str]:
    """What is written in a picture."""
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


def _measure(kind: Kind, name: str, label: str, value: float, threshold: float) -> Measure:
    return Measure(
        name=name,
        kind=kind,
        label=label,
        value=value,
        threshold=threshold,
        by_chance=0.0023,
        breached=value > threshold,
        sentence=f"It was one thing and is another. The threshold is {threshold:g}.",
    )


def _feature(name: str, label: str, unit: str, edges: list[float]) -> FeatureDrift:
    bins = len(edges) + 1
    grown = [1.0 + place for place in range(bins)]
    return FeatureDrift(
        name=name,
        label=label,
        unit=unit,
        edges=edges,
        then=[1 / bins] * bins,
        now=[share / sum(grown) for share in grown],
        mean_then=103.25,
        mean_now=141.5,
    )


def _segments(count: int) -> list[SegmentDrift]:
    """Their ids are odd numbers from 3 on, as after retrains."""
    then = [0.7**place for place in range(count)]
    return [
        SegmentDrift(
            number=3 + 2 * place,
            name="Regulars" if place == 1 else "",
            then=share / sum(then),
            now=1 / count,
        )
        for place, share in enumerate(then)
    ]
