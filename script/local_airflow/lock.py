"""One Airflow a project: two schedulers on one SQLite file would corrupt each other's work."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import psutil

from script.local_airflow.components import in_sessions
from script.local_airflow.errors import StartError


class ProjectLock:
    """A locked file in Airflow's home.

    Airflow's components inherit it, so it stays locked for as long as any of them lives, even if
    the program that started them was killed.
    """

    def __init__(self, home: Path) -> None:
        """Take the lock. Raises StartError when something of this project's Airflow still runs."""
        self._file: IO[str] = (home / "start.lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            raise StartError(_who_has_it(self._file.read())) from None
        if pid := _of_the_astro_cli(home):
            raise StartError(
                f"The Astro CLI is already running this project's Airflow (process {pid}): "
                "stop it with `astro dev stop`."
            )

    @property
    def descriptor(self) -> int:
        """The file descriptor that the components hold open."""
        return self._file.fileno()

    def note(self, url: str, components: Sequence[int]) -> None:
        """Write down what runs, for whoever finds the lock taken."""
        content = {"pid": os.getpid(), "url": url, "components": list(components)}
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps(content))
        self._file.flush()

    def release(self) -> None:
        """Let the next start have it."""
        self._file.seek(0)
        self._file.truncate()
        self._file.close()


def _who_has_it(content: str) -> str:
    if not content:
        return "This project's Airflow is being started or stopped by somebody else."
    note = json.loads(content)
    if psutil.pid_exists(note["pid"]):
        return (
            f"This project's Airflow is already running at {note['url']} "
            f"(script/start, process {note['pid']})."
        )
    # Each component leads a session of its own.
    left = " ".join(str(process.pid) for process in in_sessions(set(note["components"])))
    return (
        "An earlier script/start was killed and its Airflow still runs: "
        f"stop it with `kill -9 {left}` and try again."
    )


def _of_the_astro_cli(home: Path) -> int | None:
    """The process of a standalone Airflow that the Astro CLI has started in the background."""
    file = home / "airflow.pid"
    text = file.read_text().strip() if file.is_file() else ""
    if not text.isdigit():
        return None
    try:
        command = " ".join(psutil.Process(int(text)).cmdline())
    except psutil.Error:
        return None
    return int(text) if "airflow" in command else None  # else a number that was given out again
