"""One Airflow a project, and who has the project when it is taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from script.local_airflow.errors import StartError
from script.local_airflow.lock import ProjectLock

URL = "http://127.0.0.1:8123"


def test_the_one_who_runs_is_named(tmp_path: Path) -> None:
    lock = ProjectLock(tmp_path)
    lock.note(URL, [])
    with pytest.raises(StartError, match=f"already running at {URL} .*process {os.getpid()}"):
        ProjectLock(tmp_path)
    lock.release()
    ProjectLock(tmp_path).release()


def test_what_a_killed_start_left_is_named(tmp_path: Path) -> None:
    """A component inherits the lock and outlives the start that noted it."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    lock = ProjectLock(tmp_path)
    left = subprocess.Popen(["sleep", "60"], start_new_session=True, pass_fds=[lock.descriptor])
    lock.note(URL, [left.pid])
    note = tmp_path / "start.lock"
    note.write_text(json.dumps(json.loads(note.read_text()) | {"pid": ended.pid}))
    os.close(lock.descriptor)  # as the kernel does at the end of a process
    try:
        with pytest.raises(StartError, match=f"stop it with `kill -9 {left.pid}`"):
            ProjectLock(tmp_path)
    finally:
        left.kill()
        left.wait()
    ProjectLock(tmp_path).release()


def test_the_astro_clis_airflow_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "input()", "airflow"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as running:
        (tmp_path / "airflow.pid").write_text(f"{running.pid}\n")
        with pytest.raises(StartError, match="`astro dev stop`"):
            ProjectLock(tmp_path)
        running.kill()


@pytest.mark.parametrize("pid", [os.getpid(), 4194305], ids=["of another program", "of nobody"])
def test_a_process_id_that_is_out_of_date_is_passed_over(tmp_path: Path, pid: int) -> None:
    (tmp_path / "airflow.pid").write_text(str(pid))
    ProjectLock(tmp_path).release()
