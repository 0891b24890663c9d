"""Summaries to draw and read: made up, but with everything that real ones bring along."""

from __future__ import annotations

import math
from typing import get_args

from include.gmm.promotion_record import FormerSegment, Gate, Succession
from include.gmm.settings import CovarianceType
from include.gmm.summary import (
    HISTOGRAM_BINS,
    CandidateSummary,
    Caution,
    Evaluation,
    FeatureSummary,
    MixtureSummary,
    Row,
    Sample,
    SegmentSummary,
    Summary,
)
from include.gmm.versions import gates

HOSTILE = "<script>alert(1)</script>\"'&{{ 7 * 7 }}"


def example(segments: int = 5, label: str = "Average order", path: str = "model.joblib") -> Summary:
    """A summary with that many segments; `label` names one of its columns."""
    return Summary(
        segmentation="customers",
        title="Customers by how they buy",
        version="20261123T203000Z-1a2b3c4d",
        created_at="2026-11-23T20:30:00+00:00",
        rows=23_570,
        key="customer_id",
        n_components=segments,
        covariance_type="full",
        criterion="bic",
        seed=0,
        rule=f"The smallest K whose BIC is within 2 % of the best gain: {segments} of 1 to 10.",
        lead="The runner-up (6 components, full) has a BIC higher by 12.5.",
        warnings=[Caution(sentence="28 of 40 candidates are degenerate and were set aside.")],
        features=[
            _feature("recency_days", "Days since last order", "days", 368.4, 182.0),
            _feature("orders", "Orders", "", 2.955, 4.736),
            _feature("average_order", label, "USD", 33.71, 31.2),
            _feature("balance", "Balance against last year", "USD", -12.4, 88.0),
            _feature("lifetime_value", "Lifetime value", "USD", 106.08, 240.93, in_mixture=False),
            _feature("gap_days", "Days between orders", "days", None, None, in_mixture=False),
        ],
        segments=_segments(segments),
        mixture=_mixture(segments),
        ambiguous=[
            Row(
                key=f"key {number}",
                values=[12.0 * number, float(number), 25.0, -3.0],
                probabilities=_two_way(segments, 0.5 + 0.01 * number),
            )
            for number in range(1, 6)
        ],
        sample=_sample(segments),
        candidates=[
            _candidate(k, covariance_type, chosen=segments)
            for covariance_type in get_args(CovarianceType)
            for k in range(1, max(segments, 10) + 1)
        ],
        evaluation=Evaluation(
            rows_fitted=18_856,
            rows_held_out=4_714,
            log_likelihood_per_row_fitted=-1.7015,
            log_likelihood_per_row_held_out=-1.7152,
            mean_largest_probability=0.9318,
            share_below_60_percent=0.0413,
            least_log_density=-14.25,
        ),
        succession=first_of_all(segments),
        model_path=path,
        # pragma: allowlist nextline secret
        model_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    )


def first_of_all(segments: int) -> Succession:
    """Of a version before which there was no champion."""
    return Succession(
        champion=None,
        serial=0,
        segment_ids=tuple(range(1, segments + 1)),
        former=[],
        flow=[],
        retired=[],
        moved=None,
        gates=_gates()[1:4],
    )


def after_a_champion(segments: int = 5, passed: bool = True) -> Succession:
    """Of a version that goes on with all segments of the champion but the last; its own is new."""
    ids = (*range(1, segments), segments + 1)
    flow = [[0] * segments for _ in ids]
    for place in range(segments):
        flow[place][place] = 3_000
        flow[place][(place + 1) % segments] += 200
    return Succession(
        champion="20261116T203000Z-5e6f7a8b",
        serial=3,
        segment_ids=ids,
        former=[
            FormerSegment(number=number, name="Regulars" if number == 2 else "", rows=3_200)
            for number in range(1, segments + 1)
        ],
        flow=flow,
        retired=[segments],
        moved=0.25,
        gates=_gates(passed),
    )


def _gates(passed: bool = True) -> list[Gate]:
    return [
        gates.log_likelihood(-7.30, -7.31 if passed else -7.0, 0.05),
        Gate(
            name="degenerate",
            title="No degenerate component",
            value=2.1e-3,
            limit=1e-5,
            passed=True,
            sentence="The smallest eigenvalue is 0.0021, 1e-05 would be collapsed.",
        ),
        gates.smallest_share([0.6, 0.4 - 0.06, 0.06], 0.01),
        gates.stability(0.95, 0.8),
        gates.moved(0.25, 0.5),
    ]


def _feature(
    name: str,
    label: str,
    unit: str,
    mean: float | None,
    deviation: float | None,
    in_mixture: bool = True,
) -> FeatureSummary:
    return FeatureSummary(
        name=name,
        label=label,
        unit=unit,
        in_mixture=in_mixture,
        transform="log1p" if in_mixture and name != "balance" else "none",
        resolution=1.0,
        mean=mean,
        standard_deviation=deviation,
        median=None if mean is None else mean * 0.8,
        centre=0.5 if in_mixture else None,
        scale=2.0 if in_mixture else None,
    )


def _mixture(count: int) -> MixtureSummary:
    """Segments on a ring in the first two features, round but for a slant."""
    angles = [2 * math.pi * place / count for place in range(count)]
    shares = [0.7**place for place in range(count)]
    covariance = [[float(row == column) for column in range(4)] for row in range(4)]
    covariance[0][1] = covariance[1][0] = 0.4
    return MixtureSummary(
        weights=[share / sum(shares) for share in shares],
        means=[[2 * math.cos(angle), 2 * math.sin(angle), 0.1, 0.0] for angle in angles],
        covariances=[covariance] * count,
        axes=[[1.0, 0.0], [0.0, 1.0], [0.1, 0.0], [0.0, 0.1]],
    )


def _sample(count: int) -> Sample:
    numbers = [1 + place % count for place in range(200)]
    return Sample(
        values=[
            [20.0 + place, 1.0 + place % 7, 15.0 + place % 11, -40.0 + place % 90]
            for place in range(200)
        ],
        segments=numbers,
        probabilities=[0.5 + 0.0025 * place for place in range(200)],
    )


def _two_way(count: int, probability: float) -> list[float]:
    """Between the first two segments, as far as there are two."""
    if count == 1:
        return [1.0]
    return [probability, 1 - probability] + [0.0] * (count - 2)


def _segments(count: int) -> list[SegmentSummary]:
    shares = [0.7**place for place in range(count)]
    made = []
    for number in range(1, count + 1):
        share = shares[number - 1] / sum(shares)
        rows = round(23_570 * share)
        histogram = [0] * HISTOGRAM_BINS
        for place, part in ((11, 0.04), (14, 0.06), (16, 0.1), (18, 0.2)):
            histogram[place] = round(rows * part)
        histogram[-1] = rows - sum(histogram)
        made.append(
            SegmentSummary(
                number=number,
                name="Regulars" if number == 2 else "",
                weight=share,
                rows=rows,
                share=share,
                mean_probability=0.9 + 0.01 * (number % 9) if rows else None,
                mean_memberships=[
                    0.9 if other == number else 0.1 / max(count - 1, 1)
                    for other in range(1, count + 1)
                ],
                histogram=histogram,
                profile={
                    "recency_days": 520.0 / number,
                    "orders": 1.0 + 1.7 * (number - 1),
                    "average_order": 21.3 + 8.4 * (number % 4),
                    "balance": -60.0 + 25.0 * (number % 6),
                    "lifetime_value": 24.0 * 1.9 ** (number % 7),
                    "gap_days": None if number == 1 else 200.0 / number,
                },
            )
        )
    return made


def _candidate(k: int, covariance_type: CovarianceType, chosen: int) -> CandidateSummary:
    handicap = {"full": 0, "tied": 9_000, "diag": 4_000, "spherical": 16_000}[covariance_type]
    bic = 78_000 + handicap + 80_000 * math.exp(-0.9 * (k - 1)) - 60 * k
    degenerate = k != chosen and (k > 6 or (covariance_type == "diag" and k > 3))
    return CandidateSummary(
        n_components=k,
        covariance_type=covariance_type,
        log_likelihood=-bic / 2,
        degrees_of_freedom=10 * k - 1,
        bic=bic - 150_000 if degenerate else bic,
        icl=bic + 900,
        aic=bic - 120,
        smallest_eigenvalue=1e-6 if degenerate else 2.1e-3,
        degenerate=degenerate,
        converged=not degenerate,
        passes=37 + k,
        seconds=0.25,
        eigenvalue_floor=1e-5,
        starts=5,
        starts_agreed=1 + k % 5,
        reason="an eigenvalue at its floor" if degenerate else "",
    )
