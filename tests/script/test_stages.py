"""script/test: a stage that fails is named at the end and keeps no other from running."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import PROJECT

pytest.importorskip("script.local_airflow", reason="script/ is not here: not in the image")

TOOLS = ("ruff", "mypy", "lint-imports", "pytest")


def tried(folder: Path, *arguments: str, failing: str = "") -> subprocess.CompletedProcess[str]:
    """Run script/test in a project whose tools only say that they were called."""
    (folder / "script").mkdir()
    (folder / ".venv" / "bin").mkdir(parents=True)
    shutil.copy2(PROJECT / "script" / "test", folder / "script" / "test")
    for tool in (folder / "script" / "setup", *(folder / ".venv" / "bin" / t for t in TOOLS)):
        tool.write_text(
            f'#!/bin/sh\necho "called: {tool.name} $*"\n'
            f'case "{tool.name} $*" in {failing or "nothing"}) exit 1;; esac\n'
        )
        tool.chmod(0o755)
    return subprocess.run(
        [folder / "script" / "test", *arguments], capture_output=True, text=True, cwd=folder
    )


def called(done: subprocess.CompletedProcess[str]) -> list[str]:
    lines = [line for line in done.stdout.splitlines() if line.startswith("called: ")]
    return [" ".join(line.split()[1:3]) for line in lines]


EVERYTHING = [
    "setup",
    "ruff check",
    "ruff format",
    "mypy",
    "lint-imports --no-cache",
    "pytest --timeout",
    "pytest --timeout",
]


def test_all_stages_run_and_pass(tmp_path: Path) -> None:
    done = tried(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert called(done) == EVERYTHING


@pytest.mark.parametrize(
    ("failing", "name"),
    [
        ("ruff\\ check*", "lint"),
        ("ruff\\ format*", "format"),
        ("mypy*", "types"),
        ("lint-imports*", "who knows whom"),
        ("*--ignore*", "tests"),
        ("*10\\ tests/system", "tests in a running Airflow"),
    ],
)
def test_a_stage_that_fails_is_named_after_the_others_have_run(
    tmp_path: Path, failing: str, name: str
) -> None:
    done = tried(tmp_path, failing=failing)
    assert done.returncode == 1
    assert called(done) == EVERYTHING
    assert done.stderr.splitlines()[-1] == f"script/test: failed: {name}"


def test_all_stages_that_failed_are_named(tmp_path: Path) -> None:
    done = tried(tmp_path, failing="ruff*|mypy*")
    assert done.stderr.splitlines()[-1] == "script/test: failed: lint, format, types"


def test_nothing_runs_without_the_packages(tmp_path: Path) -> None:
    done = tried(tmp_path, failing="setup*")
    assert done.returncode == 1
    assert called(done) == ["setup"]
    assert done.stderr.splitlines()[-1] == "script/test: failed: setup"


def test_arguments_go_to_pytest_alone(tmp_path: Path) -> None:
    done = tried(tmp_path, "tests/gmm", "-k", "selection")
    assert "called: pytest --timeout 600 --durations 10 tests/gmm -k selection" in done.stdout
    assert called(done) == EVERYTHING[:-1]
