"""What a disk may have against being written to, and how it is made so."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from script.fault_suite.disk_world import Limits

ROOMS = (0, 8, 64, 256, 512, 1024, 4096)  # KiB that are free, and the longest file without a mount
INODES = (0, 1, 4)  # files that may still be made
LONGEST = (0, 16, 256)  # KiB of a file
ROOMY = "64m"
NOBODY = 65534


class Mount:
    """A disk of its own, in memory; where nothing may be mounted, a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mounted = False

    def __enter__(self) -> Mount:
        self.folder.mkdir()
        self.mounted = _mount("-t", "tmpfs", "-o", f"size={ROOMY},mode=755", "tmpfs", self.folder)
        return self

    def __exit__(self, *_: object) -> None:
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
        subprocess.run(["rm", "-rf", str(self.folder)], check=True)

    def change(self, options: str) -> bool:
        """Mount it anew with other options; whether that can be done here."""
        return self.mounted and _mount("-o", f"remount,{options}", self.folder)


@dataclass(frozen=True)
class Fault:
    """`of` a disk, for as long as the context lasts; it gives the limits of who writes."""

    name: str
    of: Callable[[Mount], AbstractContextManager[Limits]]


def _full(room: int) -> Callable[[Mount], AbstractContextManager[Limits]]:
    @contextmanager
    def of(mount: Mount) -> Iterator[Limits]:
        used = os.statvfs(mount.folder)
        kib = (used.f_blocks - used.f_bfree) * used.f_frsize // 1024
        if mount.change(f"size={max(kib + room, 1)}k"):
            yield {}
            mount.change(f"size={ROOMY}")
        else:
            yield {"longest_file": room * 1024}

    return of


def _no_inodes(files: int) -> Callable[[Mount], AbstractContextManager[Limits]]:
    @contextmanager
    def of(mount: Mount) -> Iterator[Limits]:
        used = os.statvfs(mount.folder)
        if mount.change(f"nr_inodes={used.f_files - used.f_ffree + files}"):
            yield {}
            mount.change("nr_inodes=100000")
        else:
            yield {"longest_file": 0}

    return of


@contextmanager
def _read_only(mount: Mount) -> Iterator[Limits]:
    if mount.change("ro"):
        yield {}
        mount.change("rw")
    else:
        with _another_user(mount) as limits:
            yield limits


@contextmanager
def _another_user(mount: Mount) -> Iterator[Limits]:
    """All may be read and nothing written: by nobody, or by its owner if that is not root."""
    if os.getuid() == 0:
        yield {"user": NOBODY}
        return
    for path in (mount.folder, *mount.folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield {}
    for path in (mount.folder, *mount.folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _longest(kib: int) -> Callable[[Mount], AbstractContextManager[Limits]]:
    return lambda _: nullcontext({"longest_file": kib * 1024})


FAULTS = (
    *(Fault(f"full {room}", _full(room)) for room in ROOMS),
    *(Fault(f"{files} more files", _no_inodes(files)) for files in INODES),
    Fault("read-only", _read_only),
    Fault("another user", _another_user),
    *(Fault(f"files up to {kib} KiB", _longest(kib)) for kib in LONGEST),
)


def _mount(*arguments: object) -> bool:
    if os.getuid() != 0:
        return False
    try:
        done = subprocess.run(["mount", *map(str, arguments)], capture_output=True)
    except FileNotFoundError:
        return False
    return done.returncode == 0
