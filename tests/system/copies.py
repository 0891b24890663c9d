"""Copies of the project, for tests that run it: what they write stays out of the checkout."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

from tests.conftest import PROJECT

PARTS = ("dags", "include", "plugins", "script", "airflow_settings.yaml", "requirements.lock")


def copy_project(folder: Path) -> Path:
    """The project in a folder that does not exist yet; it shares the checkout's .venv, if any."""
    folder.mkdir()
    # The last two are bytecode and compiled kernels that another process is about to rename.
    unwanted = shutil.ignore_patterns("target", "logs", ".user.yml", "*.pyc.*", "*.tmp.*")
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=unwanted)
        else:
            shutil.copy2(source, folder / part)
    (folder / ".venv").symlink_to(PROJECT / ".venv")
    return folder


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
