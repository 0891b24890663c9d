"""A scoring in one process, and one that is killed half-way."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from include.gmm import warehouse
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.progress import Progress
from include.gmm.model import Applied, Model
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.versions.records import Reference
from tests.conftest import PROJECT
from tests.gmm.scoring.champions import score
from tests.gmm.scoring.reading import frame, run, tables

VIEW = "shoppers_segments"

# Killed in the transaction of the second range, when its first rows have been scored.
KILLED = """
import json, os, signal, sys
from pathlib import Path
from include.gmm.model import Model
from include.gmm.scoring.scoring import score
from include.gmm.settings import Segmentation
from include.gmm.store import store_at
from include.gmm.versions.records import Reference

store, reference, ids, settings, path = json.loads(sys.argv[1])
of, calls = Model.of, []

def killing(model, values):
    calls.append(values)
    found = of(model, values)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return found

Model.of = killing
reference = Reference.model_validate(reference)
score(store_at(store), reference, ids, Segmentation.model_validate(settings), Path(path))
"""


def test_how_far_it_has_come_is_told(
    store: Store, scored: Segmentation, reference: Reference, ids: list[int], path: Path
) -> None:
    heard: list[Progress] = []
    score(store, reference, ids, scored, path, heard.append)
    assert [(progress.done, progress.total) for progress in heard] == [(0, 3), (1, 3), (2, 3)]


def test_after_a_kill_the_old_table_is_whole_and_the_next_attempt_goes_on(
    folder: Path,
    store: Store,
    scored: Segmentation,
    reference: Reference,
    ids: list[int],
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    score(store, reference, ids, scored, path)
    before = frame(path, VIEW)
    run(path, "UPDATE shopper_features SET visits = visits + 1")
    given = [str(folder), reference.model_dump(), ids, scored.model_dump(mode="json"), str(path)]
    killed = subprocess.run([sys.executable, "-c", KILLED, json.dumps(given)], cwd=PROJECT)
    assert killed.returncode == -signal.SIGKILL
    pd.testing.assert_frame_equal(frame(path, VIEW), before)
    assert run(path, "SELECT number, rows FROM scores.ranges") == [(0, 1000)]
    [(moment,)] = run(path, "SELECT scored_at FROM scores.plans")

    sizes: list[int] = []
    of = Model.of

    def counting(model: Model, values: Array) -> Applied:
        sizes.append(len(values))
        return of(model, values)

    monkeypatch.setattr(Model, "of", counting)
    score(store, reference, ids, scored, path)
    assert sum(sizes) == 1500
    after = frame(path, VIEW)
    assert list(after["shopper"]) == list(before["shopper"])
    assert set(after["scored_at"]) == {moment}
    assert tables(path) == ["plans", "ranges", f"{VIEW}@{reference.version}"]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("BIGINT", "9007199254740992 + i"),
        ("HUGEINT", "12345678901234567890123::HUGEINT + i::HUGEINT"),
        ("DECIMAL(38,2)", "12345678901234567890123.01::DECIMAL(38,2) + i::DECIMAL(38,2)"),
        ("UUID", "md5(i::VARCHAR)::UUID"),
        ("TIMESTAMP", "TIMESTAMP '2024-01-01' + to_microseconds(i)"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_microseconds(i)"),
        ("DOUBLE", "i / 7"),
        ("VARCHAR", "repeat(' ', i::INT % 3) || i"),
    ],
)
def test_scores_carry_each_key_as_it_is(
    store: Store,
    scored: Segmentation,
    reference: Reference,
    ids: list[int],
    path: Path,
    kind: str,
    key: str,
) -> None:
    with warehouse.connected(path) as connection:
        rows = connection.table("shopper_features").row_number("OVER () AS i", "* EXCLUDE shopper")
        rows.project(f"({key})::{kind} AS shopper, * EXCLUDE i").create("keyed")
    keyed = scored.features.model_copy(update={"model": "keyed"})
    score(store, reference, ids, scored.model_copy(update={"features": keyed}), path)
    found = run(
        path,
        "SELECT count(DISTINCT shopper), any_value(typeof(shopper)) "  # noqa: S608
        f"FROM {VIEW} SEMI JOIN keyed USING (shopper)",
    )
    assert found == [(2500, kind)]
