"""What `astro dev pytest` makes of the tests, where the tools of the group dev are missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import conftest
from tests.conftest import PROJECT

WITHOUT = """
import sys
sys.modules["playwright"] = None
import pytest
sys.exit(pytest.main(["-p", "no:cacheprovider", *sys.argv[1:]]))
"""


@pytest.mark.parametrize("file", ["test_promotion_modes.py", "test_life.py", "test_base_path.py"])
def test_a_test_of_a_running_airflow_is_skipped_and_says_why(file: str) -> None:
    """Such as one that asks for the fixture `browser`, which playwright would have brought."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, f"tests/system/{file}"],
        cwd=PROJECT,
        env={k: v for k, v in os.environ.items() if k != "CI" and not k.startswith("PYTEST")},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, pytest.ExitCode.NO_TESTS_COLLECTED), done.stdout
    assert " error" not in done.stdout.splitlines()[-1]
    assert " skipped" in done.stdout.splitlines()[-1]
    assert "script/test does" in done.stdout or "is not installed here" in done.stdout


def processes(monkeypatch: pytest.MonkeyPatch, *args: str, **options: Any) -> int | None:
    """How many processes share the tests of a `pytest ARGS` in the project's folder."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setattr(conftest, "PROCESSES", 3)
    option = SimpleNamespace(**{"usepdb": False, "numprocesses": None, "dist": "no"} | options)
    params = SimpleNamespace(dir=PROJECT)
    config: Any = SimpleNamespace(args=list(args), option=option, invocation_params=params)
    conftest.pytest_cmdline_main(config)
    shared: int | None = option.numprocesses
    assert (option.dist == "loadfile") == (shared == 3)
    return shared


@pytest.fixture
def without_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "HAS_TOOLS", False)


@pytest.mark.usefixtures("without_tools")
@pytest.mark.parametrize("everything", ["tests", "tests/", str(PROJECT / "tests")])
def test_all_tests_are_shared_out(monkeypatch: pytest.MonkeyPatch, everything: str) -> None:
    assert processes(monkeypatch, everything) == 3


@pytest.mark.usefixtures("without_tools")
def test_some_tests_and_the_wish_of_the_user_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    some = str(Path("tests") / "gmm")
    assert processes(monkeypatch, some) is None
    assert processes(monkeypatch, "tests", some) is None
    assert processes(monkeypatch, "tests", numprocesses=0) == 0
    assert processes(monkeypatch, "tests", usepdb=True) is None


def test_where_script_test_says_what_runs_side_by_side_nothing_else_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conftest, "HAS_TOOLS", True)
    assert processes(monkeypatch, "tests") is None
