"""The champion: of many that would replace it one does, and a crash changes nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from include.gmm.store import Store
from include.gmm.versions import champion
from include.gmm.versions.champion import SupersededError
from include.gmm.versions.records import Manifest, Reference

ROOT = Path(champion.__file__).parents[3]


def contents(store: Store) -> dict[str, bytes]:
    return {name: store.read(name) for name in store.list("shoppers/champions")}


def test_of_many_threads_that_would_replace_one_champion_one_does(
    store: Store, reference: Reference, manifest: Manifest
) -> None:
    together = threading.Barrier(16)

    def attempt(number: int) -> int | None:
        together.wait()
        try:
            champion.appoint(store, None, reference, manifest, (number,), "gates", "a test")
        except SupersededError:
            return None
        return number

    with ThreadPoolExecutor(16) as pool:
        succeeded = [one for one in pool.map(attempt, range(1, 17)) if one]
    present = champion.read(store, "shoppers")
    assert present
    assert succeeded == list(present.segment_ids)
    assert list(contents(store)) == ["shoppers/champions/000001.json"]


REPLACE_EVERYBODY = """
import sys
from include.gmm.store import store_at
from include.gmm.versions import artifacts, champion
store = store_at(sys.argv[1])
reference = artifacts.find(store, "shoppers", sys.argv[2])
manifest = artifacts.load_manifest(store, reference)
print(flush=True)
sys.stdin.readline()  # all at once
succeeded = 0
for number in range(1, 51):
    try:
        present = champion.read(store, "shoppers")
        champion.appoint(store, present, reference, manifest, (number,), "gates", "a test")
        succeeded += 1
    except champion.SupersededError:
        pass
print(succeeded)
"""


def test_processes_that_replace_each_other_lose_no_champion(
    folder: Path, store: Store, reference: Reference
) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", REPLACE_EVERYBODY, folder, reference.version],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout
        process.stdout.readline()
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    succeeded = [int(process.communicate(timeout=60)[0]) for process in processes]
    champions = champion.history(store, "shoppers")
    assert len(champions) == sum(succeeded) >= 50
    assert [each.serial for each in champions] == list(range(1, len(champions) + 1))
    assert [each.predecessor for each in champions[1:]] == [each.serial for each in champions[:-1]]


CRASH = """
import os, signal, sys
from include.gmm.store import store_at
from include.gmm.versions import artifacts, champion
store = store_at(sys.argv[1])
reference = artifacts.find(store, "shoppers", sys.argv[2])
os.link = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
manifest = artifacts.load_manifest(store, reference)
champion.appoint(store, None, reference, manifest, (1, 2), "gates", "a test")
"""


def test_a_crash_before_the_file_has_its_name_leaves_no_champion(
    folder: Path, store: Store, reference: Reference, manifest: Manifest
) -> None:
    done = subprocess.run([sys.executable, "-c", CRASH, folder, reference.version], cwd=ROOT)
    assert done.returncode == -9
    assert champion.read(store, "shoppers") is None
    assert champion.appoint(store, None, reference, manifest, (1, 2), "gates", "a test").serial == 1
