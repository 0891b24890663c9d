"""Summaries that no training on this machine leaves: extremes, and those of other releases."""

from __future__ import annotations

from typing import Any

import numpy as np

from include.gmm.parts import MOST_SEGMENTS
from include.gmm.summary import Summary
from tests.gmm.page.examples import example


def summaries() -> dict[str, dict[str, Any]]:
    """Each as JSON, by the name of its picture."""
    usual = example().model_dump(mode="json")
    return {
        "fifty": example(MOST_SEGMENTS).model_dump(mode="json"),
        "one-segment": example(1).model_dump(mode="json"),
        "one-feature": _of_one_feature(example(3)).model_dump(mode="json"),
        "older-schema": usual | {"schema_version": 1},
        "newer-schema": usual | {"schema_version": 99},
    }


def _of_one_feature(summary: Summary) -> Summary:
    """The same, of the first feature alone; what else was a feature describes the segments."""
    first, *others = summary.features
    outside = {"in_mixture": False, "transform": "none", "centre": None, "scale": None}
    mixture, sample = summary.mixture, summary.sample
    return summary.model_copy(
        update={
            "features": [first, *(other.model_copy(update=outside) for other in others)],
            "mixture": mixture.model_copy(
                update={
                    "means": [mean[:1] for mean in mixture.means],
                    "covariances": np.array(mixture.covariances)[:, :1, :1].tolist(),
                    "axes": [[1.0]],
                }
            ),
            "sample": sample.model_copy(update={"values": [row[:1] for row in sample.values]}),
            "ambiguous": [
                row.model_copy(update={"values": row.values[:1]}) for row in summary.ambiguous
            ],
        }
    )
