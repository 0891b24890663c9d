"""Rows without a value in some feature: they keep their place in the table, and have no segment."""

import pandas as pd
import pytest

from include.gmm.errors import InputError
from include.gmm.settings import Segmentation
from include.gmm.snapshot import rows
from include.gmm.store import Store
from include.gmm.versions.records import Reference
from include.gmm.warehouse import Warehouse
from tests.gmm.scoring.champions import score
from tests.gmm.scoring.reading import frame, run

VIEW = "shoppers_segments"
LACKING = ["s17", "s1700", "s23"]


@pytest.fixture
def dropping(scored: Segmentation) -> Segmentation:
    features = scored.features.model_copy(update={"missing": "drop"})
    return scored.model_copy(update={"features": features})


@pytest.mark.parametrize("batch_rows", [1, 7, 100_000])
def test_they_are_scored_as_null_and_the_others_as_if_they_were_not_there(
    batch_rows: int,
    store: Store,
    dropping: Segmentation,
    reference: Reference,
    ids: list[int],
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "BATCH_ROWS", batch_rows)
    score(store, reference, ids, dropping, warehouse)
    before = frame(warehouse, VIEW).drop(columns="scored_at")
    run(warehouse, "ALTER TABLE shopper_features ALTER visits TYPE float8")
    run(warehouse, "UPDATE shopper_features SET visits = NULL WHERE shopper = 's17'")
    run(warehouse, "UPDATE shopper_features SET visits = 'NaN' WHERE shopper = 's1700'")
    run(warehouse, "UPDATE shopper_features SET euros = NULL WHERE shopper = 's23'")
    plan = score(store, reference, ids, dropping, warehouse)
    after = frame(warehouse, VIEW).drop(columns="scored_at")
    assert (plan.rows, plan.rows_without_segment) == (2500, 3)
    lacking = after["shopper"].isin(LACKING)
    pd.testing.assert_frame_equal(
        after[~lacking], before[~lacking], check_dtype=False, check_exact=True
    )
    numbers = after[lacking].drop(columns=["shopper", "model_version"])
    assert set(numbers) == {
        *("segment_id", "segment_name", "probability", "entropy", "probabilities")
    }
    assert numbers.isna().all(axis=None)
    assert len(numbers) == 3


def test_a_table_without_a_complete_row_is_refused(
    store: Store, dropping: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    run(warehouse, "UPDATE shopper_features SET euros = NULL")
    with pytest.raises(InputError, match="no row has a value in every feature"):
        score(store, reference, ids, dropping, warehouse)
