"""A feature table to which the model cannot be applied is refused before anything is written."""

from pathlib import Path

import pytest

from include.gmm.errors import InputError
from include.gmm.scoring.plan import plan_scoring
from include.gmm.settings import Segmentation
from include.gmm.snapshot import rows
from include.gmm.store import Store
from include.gmm.versions.records import Reference
from include.gmm.warehouse import Warehouse, local
from tests.gmm.scoring.reading import run, tables


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP TABLE shopper_features", "no table main.shopper_features"),
        ("DELETE FROM shopper_features", "there are no rows"),
        ("ALTER TABLE shopper_features DROP visits", "no column 'visits'; it has"),
        ("ALTER TABLE shopper_features DROP shopper", "no column 'shopper'"),
        ("ALTER TABLE shopper_features ALTER euros TYPE VARCHAR", "'euros' is VARCHAR"),
        (
            "ALTER TABLE shopper_features ALTER shopper TYPE bytea USING shopper::bytea",
            "'shopper' is of type BLOB",
        ),
        (
            "ALTER TABLE shopper_features ALTER shopper TYPE text[] USING ARRAY[shopper]",
            "'shopper' is of type LIST",
        ),
        (
            "UPDATE shopper_features SET euros = NULL WHERE shopper = 's17'",
            r"1 of 2,500 rows lack a value \(missing: 'euros' in 1 rows\); .*missing: drop",
        ),
        (
            "UPDATE shopper_features SET euros = NULL, visits = nullif(visits, 3)",
            r"2,500 rows lack a value \(missing: 'visits' in \d+ rows, 'euros' in 2,500 rows\)",
        ),
        (
            "ALTER TABLE shopper_features ALTER shopper TYPE bytea USING shopper::bytea",
            "key 'shopper' is of type BLOB, which cannot tell rows apart",
        ),
        (
            "ALTER TABLE shopper_features ALTER shopper TYPE text[] USING ARRAY[shopper]",
            "key 'shopper' is of type LIST",
        ),
        (
            "UPDATE shopper_features SET shopper = NULL WHERE shopper = 's17'",
            "key 'shopper' is empty in 1 rows",
        ),
        (
            "UPDATE shopper_features SET shopper = 's18' WHERE shopper = 's17'",
            "key 'shopper' is not unique: 's18'",
        ),
        (
            "UPDATE shopper_features SET euros = -1 WHERE shopper = 's17'",
            "column 'euros' has values of -1 or less, such as -1, .* log1p",
        ),
    ],
)
def test_what_cannot_be_scored_is_named(
    change: str,
    told: str,
    store: Store,
    scored: Segmentation,
    reference: Reference,
    ids: list[int],
    warehouse: Warehouse,
) -> None:
    run(warehouse, change)
    with pytest.raises(InputError, match=told):
        plan_scoring(store, scored, reference, ids, warehouse)
    assert tables(warehouse) == []


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("NaN", r"1 of 2,500 rows lack a value \(missing: 'visits' in 1 rows\)"),
        ("Infinity", "column 'visits' is infinite"),
        ("-Infinity", "column 'visits' is infinite"),
        ("1e200", r"column 'visits' has values beyond 1e\+50, such as 1e\+200"),
        ("-1e60", r"column 'visits' has values beyond 1e\+50, such as 1e\+60"),
    ],
)
def test_a_value_that_is_not_finite_is_refused(
    value: str,
    told: str,
    store: Store,
    scored: Segmentation,
    reference: Reference,
    ids: list[int],
    warehouse: Warehouse,
) -> None:
    run(warehouse, "ALTER TABLE shopper_features ALTER visits TYPE float8")
    run(
        warehouse,
        "UPDATE shopper_features SET visits = $1::text::float8 WHERE shopper = 's17'",
        value,
    )
    with pytest.raises(InputError, match=told):
        plan_scoring(store, scored, reference, ids, warehouse)


@pytest.mark.parametrize("group_rows", [1, 2, 3, 1000])
def test_a_repeated_key_is_found_across_batches_and_ranges(
    group_rows: int,
    store: Store,
    scored: Segmentation,
    reference: Reference,
    ids: list[int],
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "GROUP_ROWS", group_rows)
    run(
        warehouse,
        "ALTER TABLE shopper_features ALTER shopper TYPE INTEGER USING substr(shopper, 2)::integer",
    )
    run(warehouse, "UPDATE shopper_features SET shopper = 999 WHERE shopper = 1000")  # ends a range
    with pytest.raises(InputError, match="'999' is there more than once"):
        plan_scoring(store, scored, reference, ids, warehouse)


@pytest.mark.parametrize("kind", ["TABLE", "VIEW"])
def test_a_view_of_that_name_that_is_not_ours_is_left_alone(
    kind: str,
    store: Store,
    scored: Segmentation,
    reference: Reference,
    ids: list[int],
    warehouse: Warehouse,
) -> None:
    run(warehouse, f"CREATE {kind} shoppers_segments AS SELECT 1 AS mine")
    with pytest.raises(InputError, match=r"'shoppers_segments' that is not one of scores"):
        plan_scoring(store, scored, reference, ids, warehouse)
    assert run(warehouse, "SELECT * FROM shoppers_segments") == [(1,)]
    assert tables(warehouse) == []


def test_segment_ids_must_be_different_and_one_for_each_component(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    for wrong in ([*ids, 9], [ids[0]] * len(ids)):
        with pytest.raises(InputError, match="a different one is needed for each"):
            plan_scoring(store, scored, reference, wrong, warehouse)


def test_a_warehouse_that_is_not_there_is_told_and_not_made(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="does not exist yet"):
        plan_scoring(store, scored, reference, ids, local(tmp_path / "none.duckdb"))
    assert not (tmp_path / "none.duckdb").exists()
