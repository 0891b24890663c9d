"""What reading a DAG file costs: Airflow does it again and again, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
runpy.run_path(sys.argv[1])
print(*sys.modules)
"""


@pytest.mark.parametrize(
    "file", sorted((settings.PROJECT / "dags").glob("*.py")), ids=lambda f: f.name
)
def test_a_dag_file_imports_nothing_that_only_tasks_need(file: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", READ, str(file)],
        check=True,
        capture_output=True,
        text=True,
        cwd=settings.PROJECT,
    ).stdout
    loaded = set(told.splitlines()[-1].split())
    assert "airflow.sdk" in loaded
    assert loaded.isdisjoint(FOR_TASKS), loaded & FOR_TASKS
