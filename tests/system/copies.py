"""Copies of the project, for tests that run it: what they write stays out of the checkout.

In a copy nothing happens by the clock: for a tenth of a day Airflow makes up for the last tick of
a daily schedule as soon as a DAG is no longer paused, and tests would see what they did not start.
"""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import yaml

from tests.conftest import PROJECT

PARTS = ("dags", "include", "plugins", "script", "airflow_settings.yaml", "requirements.lock")

# In the process that imports it first. Each task is a process that does; no other one is told.
OWN_FOLDER = 'Path(__import__("tempfile").mkdtemp(prefix=f"of-{__import__(\'os\').getpid()}-"))'


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
    for file in (folder / "include" / "segmentations").glob("*.yaml"):
        content = yaml.safe_load(file.read_text())
        content["monitoring"] = (content.get("monitoring") or {}) | {"schedule": None}
        file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return folder


def share_nothing(folder: Path) -> None:
    """Let each process of the copy have an empty working folder of its own, as workers may."""
    settings = folder / "include" / "gmm" / "settings.py"
    text = settings.read_text()
    shared = 'WORKING_DATA = PROJECT / "working_data"'
    assert text.count(shared) == 1, f"{shared} is no longer in settings.py"
    settings.write_text(text.replace(shared, f"WORKING_DATA = {OWN_FOLDER}"))


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
