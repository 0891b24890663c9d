"""What reading a DAG file costs: Airflow does it again and again, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("airflow", reason="needs Airflow")
from include.gmm import settings

FOR_TASKS = {
    "altair",
    "dbt",
    "duckdb",
    "joblib",
    "llvmlite",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
    "vl_convert",
}

READ = """
import runpy, sys
for file in sys.argv[1:]:
    runpy.run_path(file)
print(*sys.modules)
"""


def test_reading_dag_files_imports_nothing_that_only_tasks_need() -> None:
    files = [str(file) for file in (settings.PROJECT / "dags").glob("*.py")]
    assert files
    told = subprocess.run(
        [sys.executable, "-c", READ, *files],
        check=True,
        capture_output=True,
        text=True,
        cwd=settings.PROJECT,
    ).stdout
    loaded = set(told.splitlines()[-1].split())
    assert "airflow.sdk" in loaded
    assert loaded.isdisjoint(FOR_TASKS), loaded & FOR_TASKS
