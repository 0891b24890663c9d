"""The champion: of many that would replace it one does, and a crash changes nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from include.gmm.versions import champion
from include.gmm.versions.artifacts import Manifest, Reference
from include.gmm.versions.champion import SupersededError

ROOT = Path(champion.__file__).parents[3]


def contents(models: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (models / "shoppers" / "champions").iterdir()}


def test_of_many_threads_that_would_replace_one_champion_one_does(
    models: Path, reference: Reference, manifest: Manifest
) -> None:
    together = threading.Barrier(16)

    def attempt(number: int) -> int | None:
        together.wait()
        try:
            champion.appoint(models, None, reference, manifest, (number,), "gates")
        except SupersededError:
            return None
        return number

    with ThreadPoolExecutor(16) as pool:
        succeeded = [one for one in pool.map(attempt, range(1, 17)) if one]
    present = champion.read(models, "shoppers")
    assert present
    assert succeeded == list(present.segment_ids)
    assert sorted(contents(models)) == ["000001.json"]


REPLACE_EVERYBODY = """
import sys
from pathlib import Path
from include.gmm.versions import artifacts, champion
models = Path(sys.argv[1])
reference = artifacts.find(models, "shoppers", sys.argv[2])
manifest = artifacts.load_manifest(models, reference)
print(flush=True)
sys.stdin.readline()  # all at once
succeeded = 0
for number in range(50):
    try:
        present = champion.read(models, "shoppers")
        champion.appoint(models, present, reference, manifest, (number,), "gates")
        succeeded += 1
    except champion.SupersededError:
        pass
print(succeeded)
"""


def test_processes_that_replace_each_other_lose_no_champion(
    models: Path, reference: Reference
) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", REPLACE_EVERYBODY, models, reference.version],
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
    champions = champion.history(models, "shoppers")
    assert len(champions) == sum(succeeded) >= 50
    assert [each.serial for each in champions] == list(range(1, len(champions) + 1))
    assert [each.predecessor for each in champions[1:]] == [each.serial for each in champions[:-1]]


CRASH = """
import os, signal, sys
from pathlib import Path
from include.gmm.versions import artifacts, champion
models = Path(sys.argv[1])
reference = artifacts.find(models, "shoppers", sys.argv[2])
os.link = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
manifest = artifacts.load_manifest(models, reference)
champion.appoint(models, None, reference, manifest, (1, 2), "gates")
"""


def test_a_crash_before_the_file_has_its_name_leaves_no_champion(
    models: Path, reference: Reference, manifest: Manifest
) -> None:
    done = subprocess.run([sys.executable, "-c", CRASH, models, reference.version], cwd=ROOT)
    assert done.returncode == -9
    assert contents(models), "the draft is left behind"
    assert champion.read(models, "shoppers") is None
    assert champion.appoint(models, None, reference, manifest, (1, 2), "gates").serial == 1
