"""A scoring in one process, and one that is killed half-way."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from include.gmm.mixture.parameters import Array
from include.gmm.mixture.progress import Progress
from include.gmm.model import Applied, Model
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions.records import Reference
from include.gmm.warehouse import Warehouse
from tests.conftest import PROJECT
from tests.gmm.scoring.champions import score
from tests.gmm.scoring.reading import columns, frame, ranges, run, tables

VIEW = "shoppers_segments"

# Killed in the transaction of the second range, when its first rows have been scored.
KILLED = """
import json, os, signal, sys
from include.gmm.model import Model
from include.gmm.scoring.scoring import score
from include.gmm.settings import Segmentation
from include.gmm.store import store_at
from include.gmm.versions.records import Reference
from include.gmm.warehouse import warehouse_of

store, reference, ids, settings, profile = json.loads(sys.argv[1])
of, calls = Model.of, []

def killing(model, values):
    calls.append(values)
    found = of(model, values)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return found

Model.of = killing
reference = Reference.model_validate(reference)
score(store_at(store), reference, ids, Segmentation.model_validate(settings), warehouse_of(profile))
"""


def test_how_far_it_has_come_is_told(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], warehouse: Warehouse
) -> None:
    heard: list[Progress] = []
    score(store, reference, ids, scored, warehouse, heard.append)
    assert [(progress.done, progress.total) for progress in heard] == [(0, 3), (1, 3), (2, 3)]


def test_after_a_kill_the_old_table_is_whole_and_the_next_attempt_goes_on(
    folder: Path,
    store: Store,
    scored: Segmentation,
    reference: Reference,
    ids: list[int],
    warehouse: Warehouse,
    warehouse_profile: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    score(store, reference, ids, scored, warehouse)
    before = frame(warehouse, VIEW)
    run(warehouse, "UPDATE shopper_features SET visits = visits + 1")
    given = [
        str(folder),
        reference.model_dump(),
        ids,
        scored.model_dump(mode="json"),
        warehouse_profile,
    ]
    killed = subprocess.run([sys.executable, "-c", KILLED, json.dumps(given)], cwd=PROJECT)
    assert killed.returncode == -signal.SIGKILL
    pd.testing.assert_frame_equal(frame(warehouse, VIEW), before)
    assert ranges(warehouse) == [(0, 1000)]
    [(moment,)] = run(warehouse, f"SELECT scored_at FROM {warehouse.scores}.plans")

    sizes: list[int] = []
    of = Model.of

    def counting(model: Model, values: Array) -> Applied:
        sizes.append(len(values))
        return of(model, values)

    monkeypatch.setattr(Model, "of", counting)
    score(store, reference, ids, scored, warehouse)
    assert sum(sizes) == 1500
    after = frame(warehouse, VIEW)
    assert list(after["shopper"]) == list(before["shopper"])
    assert set(after["scored_at"]) == {moment}
    assert tables(warehouse) == [f"{VIEW}@{reference.version}"]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("BIGINT", "9007199254740992 + i"),
        ("DECIMAL(38,0)", "CAST('12345678901234567890123' AS decimal(38,0)) + i"),
        ("DECIMAL(38,2)", "CAST('12345678901234567890123.01' AS decimal(38,2)) + i"),
        ("UUID", "md5(CAST(i AS text))"),
        ("TIMESTAMP", "timestamp '2024-01-01' + i * interval '1 microsecond'"),
        ("TIMESTAMP WITH TIME ZONE", "timestamptz '2024-01-01 00:00:00+00' + i * interval '1 day'"),
        ("DOUBLE", "CAST(i AS float8) / 7"),
        ("VARCHAR", "repeat(' ', CAST(i % 3 AS integer)) || i"),
    ],
)
def test_scores_carry_each_key_as_it_is(
    store: Store,
    scored: Segmentation,
    reference: Reference,
    ids: list[int],
    warehouse: Warehouse,
    kind: str,
    key: str,
) -> None:
    run(
        warehouse,
        f"CREATE TABLE keyed AS SELECT CAST({key} AS {kind.replace('DOUBLE', 'float8')}) "
        "AS shopper, visits, euros "
        "FROM (SELECT row_number() OVER () AS i, * FROM shopper_features) AS numbered",
    )
    keyed = scored.features.model_copy(update={"model": "keyed"})
    score(store, reference, ids, scored.model_copy(update={"features": keyed}), warehouse)
    assert columns(warehouse, VIEW)["shopper"] == kind
    found = run(warehouse, f"SELECT count(DISTINCT shopper) FROM {VIEW} JOIN keyed USING (shopper)")
    assert found == [(2500,)]
