"""Ten segmentations of which nine are broken: what Airflow reads of the tenth, and of the nine."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="needs Airflow")
from tests.conftest import PROJECT
from tests.ten_segmentations import BROKEN, GOOD, put_into

READ = """
import json
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder="dags", bundle_path="dags")
print(json.dumps({"dags": sorted(bag.dags), "errors": bag.import_errors}))
"""


def read(project: Path) -> Any:
    """What Airflow reads in the project: the ids of DAGs, and import errors by file."""
    done = subprocess.run(
        [sys.executable, "-c", READ],
        env={**os.environ, "PYTHONPATH": str(project)},
        cwd=project,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ten")
    unwanted = shutil.ignore_patterns("__pycache__", "target", "logs")
    for part in ("dags", "include"):
        shutil.copytree(PROJECT / part, folder / part, ignore=unwanted)
    return folder


@pytest.fixture(scope="module")
def ten(project: Path) -> Any:
    put_into(project)
    return read(project)


def test_the_segmentations_without_fault_have_all_their_dags(ten: Any) -> None:
    kinds = ("train", "score", "monitor", "rollback")
    for name in (GOOD, "customers"):
        assert {f"{name}_{kind}" for kind in kinds} <= set(ten["dags"])


def test_only_what_needs_what_is_broken_is_missing(ten: Any) -> None:
    others = {name for name in ten["dags"] if not name.startswith((GOOD, "customers"))}
    assert others == {
        "reported_train",
        "reported_monitor",
        "reported_rollback",
        "missing_score",
        "missing_rollback",
        "half_score",
        "half_rollback",
        "described_score",
        "described_rollback",
    }


def test_the_faults_are_the_import_error_of_one_file_only(ten: Any) -> None:
    assert set(ten["errors"]) == {"faults.py"}


@pytest.mark.parametrize("name", BROKEN)
def test_each_fault_is_a_line_that_names_file_and_key(ten: Any, name: str) -> None:
    lines = ten["errors"]["faults.py"].splitlines()
    told = [line for line in lines if f"/{name}.yaml: " in line]
    assert len(told) == 1
    assert BROKEN[name][2] in told[0]


def test_a_broken_file_that_nobody_needs_is_told_as_well(ten: Any) -> None:
    lines = ten["errors"]["faults.py"].splitlines()
    assert sum("include/dbt/models/unused.sql: line 1: " in line for line in lines) == 1
    assert len([line for line in lines if ".yaml: " in line or "include/dbt/" in line]) == 10


def test_a_dag_file_that_cannot_be_imported_is_told_once(project: Path) -> None:
    """By Airflow, of that very file: not of the one that tells of segmentations as well."""
    file = project / "dags" / "rollback.py"
    content = file.read_text()
    file.write_text(f"{content}\nfrom include.gmm import nothing_of_that_name\n")
    try:
        errors = read(project)["errors"]
    finally:
        file.write_text(content)
    assert "nothing_of_that_name" in errors["rollback.py"]
    assert "nothing_of_that_name" not in errors.get("faults.py", "")
