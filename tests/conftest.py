"""For all tests: an Airflow home of their own, and what a skipped test means."""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
# The group dev of pyproject.toml, which `astro dev pytest` is without, in the image and outside.
HAS_TOOLS = importlib.util.find_spec("playwright") is not None
PROCESSES = min(4, os.cpu_count() or 1)
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")

# Before anything imports Airflow: it reads these once, and would write into ~/airflow.
_HOME = tempfile.mkdtemp(prefix="airflow-home-")
os.environ |= {
    "AIRFLOW_HOME": _HOME,
    "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
    "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
}

# What the Runtime image lacks, and `astro dev pytest` with it: the tools of the group dev in
# pyproject.toml, and script/, which is not copied into the image.
_NOT_IN_THE_IMAGE = re.compile(
    r"ModuleNotFoundError: No module named '((?:hypothesis|playwright|psutil|script)\b[^']*)'"
)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Share all tests out among the processors, when `astro dev pytest` asks for them.

    Not where script/test does: it says itself which tests run side by side.
    """
    everything = [config.invocation_params.dir / arg for arg in config.args] == [PROJECT / "tests"]
    asked = everything and "PYTEST_XDIST_WORKER" not in os.environ
    alone = HAS_TOOLS or config.option.usepdb
    if asked and not alone and getattr(config.option, "numprocesses", 0) is None:
        config.option.numprocesses, config.option.dist = PROCESSES, "loadfile"


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Skip a file that imports what the image lacks; in CI nothing may be lacking."""
    report = yield
    if report.failed and (missing := _NOT_IN_THE_IMAGE.search(str(report.longrepr))):
        report.outcome = "skipped"
        report.longrepr = (str(collector.path), 0, f"Skipped: {missing[1]} is not installed here")
    return _refused_in_ci(report)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _refused_in_ci((yield))


def _refused_in_ci[Report: (pytest.CollectReport, pytest.TestReport)](report: Report) -> Report:
    """In CI everything is installed, so a skipped test is one that was forgotten."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, which CI does not allow: {report.longrepr}"
    return report
