"""A small project of its own, with two versions, their champions and scores, and its command line.

`one` is the state in which the first version is the champion and its scores are shown; in `two` the
second one has replaced it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from script.fault_suite import disk_world

PROJECT = Path(__file__).parents[2]
RUNNER = Path(__file__).with_name("life_runner.py")
# One thread of OpenBLAS: others would be there before a process is forked, and not in the new one.
ENVIRONMENT = {"COLUMNS": "200", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
VIEW = "SELECT * EXCLUDE (scored_at) FROM shop_segments ORDER BY shopper"


class Done(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def fault(self) -> str:
        """What no command may do, or nothing."""
        if "Traceback" in self.err or self.status not in (0, 2, -signal.SIGKILL):
            return f"traceback: status {self.status}: {self.err[-1500:]}"
        return ""


class World:
    """The project in a folder, and a process that runs commands in it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.project = folder / "project"
        self.data = self.project / "working_data"
        self.models = self.data / "models"
        self.folder = folder
        self._outputs = 0
        world = folder / "world"
        disk_world.build(world, random.Random(seed))  # noqa: S311
        (self.project / "include" / "segmentations").mkdir(parents=True)
        for part in (PROJECT / "include").iterdir():
            if part.name != "segmentations":
                (self.project / "include" / part.name).symlink_to(part)
        text = (world / "shop.yaml").read_text()
        (self.project / "include" / "segmentations" / "shop.yaml").write_text(text)
        self.csv = world / "shoppers.csv"
        self.data.mkdir()
        shutil.move(world / "warehouse.duckdb", self.data)
        shutil.move(world / "models", self.data)
        self.versions = sorted(each.name for each in (self.models / "shop").glob("2*"))
        ours = {k: v for k, v in os.environ.items() if not k.startswith(("GMM_", "AIRFLOW"))}
        self.process = subprocess.Popen(
            [sys.executable, "-P", RUNNER],
            cwd=self.project,
            env={**ours, **ENVIRONMENT, "PYTHONPATH": str(self.project)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.expected = {self.versions[0]: self.table()}
        self._save("one")
        for command in (["promote", "shop", self.versions[1], "--anyway"], ["score", "shop"]):
            done = self.run(command)
            if done.status:
                raise RuntimeError(f"{command}: {done}")
        self.expected[self.versions[1]] = self.table()
        self._save("two")

    def restore(self, state: str) -> None:
        """Let the project be in a state."""
        shutil.rmtree(self.data)
        shutil.copytree(self.folder / state, self.data)

    def start(self, command: list[str]) -> tuple[int, Path]:
        """Begin a command."""
        self._outputs += 1
        output = self.folder / f"output{self._outputs}"
        return int(self._ask("start", command, str(output))), output

    def wait(self, pid: int, output: Path) -> Done:
        """The end of a command that was begun."""
        status = int(self._ask("wait", pid))
        printed = [Path(f"{output}.{stream}") for stream in ("out", "err")]
        texts = [each.read_text() if each.exists() else "" for each in printed]
        for each in printed:
            each.unlink(missing_ok=True)
        return Done(status, *texts)

    def run(self, command: list[str]) -> Done:
        """All of a command."""
        return self.wait(*self.start(command))

    def killed(self, command: list[str], after: float) -> Done:
        """A command that is killed that many seconds later, unless it has ended by then."""
        pid, output = self.start(command)
        time.sleep(after)
        os.kill(pid, signal.SIGKILL)
        return self.wait(pid, output)

    def champion(self) -> str:
        """The version that is the champion."""
        from include.gmm.store import store_at
        from include.gmm.versions import champion

        present = champion.read(store_at(self.models), "shop")
        return present.reference.version if present else ""

    def table(self, sql: str = VIEW) -> list[tuple[Any, ...]]:
        """What readers see."""
        from include.gmm.warehouse.duckdb_file import connected

        with connected(self.data / "warehouse.duckdb") as connection:
            return list(connection.execute(sql).fetchall())

    def shown(self) -> str:
        """The version whose scores readers see; an error in words if they are not all right."""
        table = self.table()
        for version, expected in self.expected.items():
            if table == expected:
                return version
        return f"wrong scores, {len(table)} rows"

    def differs(self) -> str:
        """How champion and view differ, or nothing."""
        champion, shown = self.champion(), self.shown()
        return "" if champion == shown else f"the champion is {champion}, the view shows {shown}"

    def _save(self, state: str) -> None:
        shutil.copytree(self.data, self.folder / state)

    def _ask(self, *question: Any) -> str:
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the runner has no pipes")
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()


@contextmanager
def opened(seed: int) -> Iterator[World]:
    """A world, as long as the context lasts; the seed makes its rows."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), seed)
        try:
            yield world
        finally:
            if world.process.stdin:
                world.process.stdin.close()
            world.process.wait(60)
