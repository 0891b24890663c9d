"""Does every DAG file import? `astro dev parse` and `astro deploy` run exactly this file.

Files named in dag_integrity_exceptions.txt may be broken.
"""

from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

PROJECT = Path(__file__).resolve().parents[1]
EXCEPTIONS = Path(__file__).with_name("dag_integrity_exceptions.txt")


@pytest.fixture(scope="module")
def dag_bag() -> DagBag:
    return DagBag(dag_folder=PROJECT / "dags", bundle_path=PROJECT / "dags")


def test_every_dag_file_imports(dag_bag: DagBag) -> None:
    excepted = set(EXCEPTIONS.read_text().split("\n")) if EXCEPTIONS.exists() else set()
    broken = {
        f"dags/{file}": error
        for file, error in dag_bag.import_errors.items()
        if f"dags/{file}" not in excepted
    }
    assert not broken, "\n\n".join(f"{file}:\n{error}" for file, error in broken.items())


def test_there_are_dags(dag_bag: DagBag) -> None:
    assert dag_bag.dags, f"no DAG found in {PROJECT / 'dags'}"
