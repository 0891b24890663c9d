"""Airflow's long-running processes: started together, stopped together, none left behind."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

# What `airflow standalone` runs. The log servers stay off: they would listen on every network
# interface, and the API server of this machine reads the same files from the disk.
COMMANDS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
PRELOAD = Path(__file__).with_name("preload")
PATIENCE = 3.0  # seconds for each stage of stopping: asked, told, killed


class Components:
    """The running processes, each with what it starts in turn."""

    def __init__(self, folder: Path, env: Mapping[str, str], log: Callable[[str], Path]) -> None:
        """Nothing runs yet. `log` says which file takes a component's output."""
        self._folder = folder
        self._env = env
        self._log = log
        self._processes: dict[str, psutil.Popen] = {}

    def migrate(self, keep_open: int) -> bool:
        """Create the metadata database or bring it up to date, and wait for that."""
        self._start("database", ["db", "migrate"], (keep_open,))
        status = self._processes["database"].wait()
        del self._processes["database"]  # not before: until it has ended, `stop` has to know it
        return bool(status == 0)

    def start(self, keep_open: int) -> None:
        """Start every component. They hold the file descriptor `keep_open` while they live."""
        for name, command in COMMANDS.items():
            self._start(name, command, (keep_open,))

    def ended(self) -> str | None:
        """The name of a component that has ended, although nobody asked it to."""
        return next((n for n, p in self._processes.items() if p.poll() is not None), None)

    def pids(self) -> list[int]:
        """The components' process ids."""
        return [process.pid for process in self._processes.values()]

    def stop(self) -> list[psutil.Process]:
        """Stop all of it; what is still alive after that, which should be nothing."""
        leaders = list(self._processes.values())
        everything = set(self._everything())
        told: set[psutil.Process] = set(leaders)
        for signal in (psutil.Process.terminate, psutil.Process.terminate, psutil.Process.kill):
            for process in told:
                with suppress(psutil.NoSuchProcess):
                    signal(process)
            deadline = time.monotonic() + PATIENCE
            while everything and time.monotonic() < deadline:
                everything |= set(self._everything())
                everything = {process for process in everything if is_alive(process)}
                time.sleep(0.05)
            told = everything
        for leader in leaders:
            leader.poll()
        return sorted(everything, key=lambda process: process.pid)

    def _start(self, name: str, command: list[str], keep_open: tuple[int, ...] = ()) -> None:
        env = dict(self._env)
        if name == "scheduler":
            env["PYTHONPATH"] = os.pathsep.join([str(PRELOAD), env["PYTHONPATH"]])
        with self._log(name).open("wb") as output:
            # A session of its own: Ctrl-C in the terminal reaches us alone, and we stop the rest.
            self._processes[name] = psutil.Popen(
                ["airflow", *command],
                cwd=self._folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=keep_open,
            )

    def _everything(self) -> Iterator[psutil.Process]:
        """The components and all that they started: by descent and, for orphans, by session.

        Tasks rename themselves and leave the process group, but none leaves the session except
        as somebody's child.
        """
        for process in self._processes.values():
            with suppress(psutil.NoSuchProcess):
                yield process
                yield from process.children(recursive=True)
        yield from in_sessions(set(self.pids()))


def in_sessions(sessions: set[int]) -> Iterator[psutil.Process]:
    """The processes that belong to one of the sessions and run."""
    for pid in psutil.pids():
        with suppress(OSError, psutil.NoSuchProcess):
            if os.getsid(pid) in sessions and is_alive(process := psutil.Process(pid)):
                yield process


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; a zombie, which has ended and waits to be counted, does not."""
    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
