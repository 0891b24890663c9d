"""Disks that refuse: each command on one that is full, of somebody else, or not to be written to.

After each there is one line and status 2, or success; what was there before is whole, nothing
half-made is left, and with room the same command succeeds.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from script.fault_suite import disk_world
from script.fault_suite.disk_faults import FAULTS, Fault, Mount
from script.fault_suite.disk_world import COMMANDS, Result
from script.fault_suite.trial import Kind, Outcome, Trial

QUICK = [("load", "full 0"), ("promote", "full 0"), ("score", "full 0"), ("fit", "another user")]


@dataclass(frozen=True)
class Case:
    """A command on a disk with a fault."""

    command: str
    fault: Fault

    @property
    def label(self) -> str:
        """Which one, in words."""
        return f"{self.command}, {self.fault.name}"


def cases() -> list[Case]:
    """All of them, the quick ones first."""
    every = [Case(command, fault) for fault in FAULTS for command in COMMANDS]
    return sorted(every, key=lambda case: (case.command, case.fault.name) not in QUICK)


def run(count: int, seed: int) -> Iterator[Trial]:
    """Try that many cases, the quick ones first; the seed makes the rows."""
    disk_world.preload()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        world = Path(folder) / "world"
        disk_world.build(world, random.Random(seed))  # noqa: S311
        for case in cases()[:count]:
            yield _tried(case, world, Path(folder) / "disk")


def _tried(case: Case, world: Path, disk: Path) -> Trial:
    with Mount(disk) as mount:
        label = case.label if mount.mounted else f"{case.label} (nothing can be mounted here)"
        shutil.copytree(world, disk, dirs_exist_ok=True)
        with case.fault.of(mount) as limits:
            first = disk_world.run(case.command, disk, limits)
        if first.failure:
            return Trial(label, Outcome.TRACEBACK, first.failure)
        if wrong := _wrong(case.command, first, disk):
            return Trial(label, Outcome.WRONG, wrong)
        again = disk_world.run(case.command, disk, {})
        if again.status != 0:
            return Trial(label, Outcome.WRONG, f"with room as well: {again}")
        if wrong := _wrong(case.command, again, disk):
            return Trial(label, Outcome.WRONG, f"with room: {wrong}")
    return Trial(label, Outcome.REFUSED if first.status else Outcome.RIGHT, first.errors)


def _wrong(command: str, result: Result, disk: Path) -> str:
    """What is not as it should be after a command, or nothing."""
    lines = result.errors.splitlines()
    if result.status not in (0, 2):
        return f"status {result.status}: {result.errors}"
    if result.status == 2 and (len(lines) != 1 or not lines[0].startswith("error: ")):
        return f"not one line: {result.errors}"
    with tempfile.TemporaryDirectory() as copy:  # with room: DuckDB writes where it opens
        shutil.copytree(disk, copy, dirs_exist_ok=True)
        return disk_world.wrong(Path(copy), command if result.status == 0 else None)


KIND = Kind(
    name="disks",
    title="Disks that are full, read-only or somebody else's",
    full=len(cases()),
    quick=len(QUICK),
    run=run,
)
