"""The schema of drift: what reads it need not doubt that its parts fit each other."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from include.gmm.drift import FeatureDrift


@pytest.mark.parametrize(("then", "now"), [([0.5, 0.5], [1.0]), ([1.0], [1.0]), ([0.3] * 3, [1.0])])
def test_a_feature_without_one_share_for_each_bin_is_refused(
    then: list[float], now: list[float]
) -> None:
    fitting: dict[str, Any] = {
        "name": "spend",
        "label": "Spend",
        "unit": "",
        "edges": [10.0],
        "mean_then": 8.0,
        "mean_now": 9.0,
    }
    assert FeatureDrift(**fitting, then=[0.5, 0.5], now=[0.4, 0.6])
    with pytest.raises(ValidationError, match="one share more than there are edges"):
        FeatureDrift(**fitting, then=then, now=now)
