"""DAG files and include/ may be deployed apart: a number says whether they fit."""

from __future__ import annotations

import ast
import hashlib
import inspect
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="needs Airflow")
from pydantic import BaseModel

from dags import interface as of_dags
from include.gmm.settings import Segmentation
from include.orchestration import interface
from tests.conftest import PROJECT

FILES = sorted(p for p in (PROJECT / "dags").glob("*.py") if p.name != "interface.py")
AS_WELL = "deploy the image as well, with `astro deploy` in place of `astro deploy --dags`"


def uses(tree: ast.Module) -> Iterator[str]:
    """What a DAG file takes from include/, each with its signature."""
    for statement in ast.walk(tree):
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("include"):
            for alias in statement.names:
                yield from imported(str(statement.module), alias.name, tree)
        elif isinstance(statement, ast.Attribute) and (path := chain(statement)):
            yield setting(path)


def imported(module: str, name: str, tree: ast.Module) -> Iterator[str]:
    found = getattr(import_module(module), name, None)
    if found is not None and not inspect.ismodule(found):
        yield f"{module}.{name}{signature(found)}"
        return
    for node in ast.walk(tree):  # of a module, what is taken from it
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == name:
            yield from imported(f"{module}.{name}", node.attr, tree)


def signature(found: Any) -> str:
    if inspect.isclass(found):
        return ""  # the settings in it that are used are told apart
    if not callable(found):
        return ""
    task = getattr(found, "function", None)
    told = inspect.signature(task or found)
    may_be_left_out = [
        one if one.default is one.empty else one.replace(default=...)
        for one in told.parameters.values()
    ]
    return f"{' task' if task else ''}{told.replace(parameters=may_be_left_out)}"


def chain(node: ast.Attribute) -> list[str]:
    """`segmentation.source.table` as source, table; nothing of another object."""
    root, *path = ast.unparse(node).split(".")
    return path if root == "segmentation" else []


def setting(path: list[str]) -> str:
    """A setting of a segmentation with its type. Raises KeyError where there is none."""
    kind: Any = Segmentation
    for name in path:
        assert issubclass(kind, BaseModel)
        if isinstance(made := inspect.getattr_static(kind, name, None), property):
            assert made.fget
            kind = inspect.signature(made.fget, eval_str=True).return_annotation
        else:
            kind = kind.model_fields[name].annotation
    return f"segmentation.{'.'.join(path)}: {getattr(kind, '__name__', kind)}"


def signatures() -> list[str]:
    return sorted({use for file in FILES for use in uses(ast.parse(file.read_text()))})


def test_the_number_stands_for_the_signatures_that_dags_use() -> None:
    told = "\n".join([str(interface.NUMBER), *signatures()])
    digest = hashlib.sha256(told.encode()).hexdigest()[:16]
    assert digest == interface.DIGEST, (
        "What dags/ use of include/ has changed. Raise NUMBER in dags/interface.py and in "
        "include/orchestration/interface.py, where DIGEST is then what this test says.\n" + told
    )


def test_functions_tasks_and_settings_are_among_the_signatures() -> None:
    told = signatures()
    plan = "include.orchestration.scoring.plan_scoring task(name: 'str') -> 'dict[str, Any]'"
    assert plan in told
    assert "segmentation.source.table: str" in told
    assert "segmentation.scores: str" in told
    assert any(one.startswith("include.gmm.settings.load_all(") for one in told)


def test_these_dags_fit_this_include() -> None:
    assert of_dags.NUMBER == interface.NUMBER


@pytest.mark.parametrize(("ahead", "age"), [(1, "newer"), (-1, "older")])
def test_dags_that_do_not_fit_say_what_to_deploy(ahead: int, age: str) -> None:
    with pytest.raises(ImportError, match=f"^dags/ is {age} than include/") as caught:
        interface.must_fit(interface.NUMBER + ahead)
    assert str(caught.value).endswith(AS_WELL)
    assert "\n" not in str(caught.value)


@pytest.fixture
def apart(tmp_path: Path) -> Path:
    unwanted = shutil.ignore_patterns("__pycache__", "target", "logs", "data")
    for part in ("dags", "include"):
        shutil.copytree(PROJECT / part, tmp_path / part, ignore=unwanted)
    return tmp_path


READ = """
import pathlib, runpy
for file in sorted(pathlib.Path("dags").glob("*.py")):
    try:
        runpy.run_path(str(file))
    except ImportError as error:
        print(f"{file.name}: {error}")
"""


def faults(project: Path) -> dict[str, str]:
    """Why DAG files cannot be imported, by file."""
    told = subprocess.run(
        [sys.executable, "-c", READ],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(project)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return dict(line.split(": ", 1) for line in told.splitlines() if ".py: " in line)


def test_the_numbers_are_compared_before_a_name_that_is_not_there_is_asked_for(apart: Path) -> None:
    (apart / "include" / "orchestration" / "building.py").write_text("")
    (apart / "include" / "gmm" / "settings.py").write_text("")
    made = apart / "dags" / "interface.py"
    newer = f"NUMBER = {interface.NUMBER + 1}"
    made.write_text(made.read_text().replace(f"NUMBER = {interface.NUMBER}", newer))
    told = faults(apart)
    assert told.keys() == {"interface.py", *(file.name for file in FILES)}
    for line in told.values():
        assert line.startswith("dags/ is newer than include/")
        assert line.endswith(AS_WELL)


def test_an_include_without_a_number_is_older(apart: Path) -> None:
    (apart / "include" / "orchestration" / "interface.py").unlink()
    told = faults(apart)["train.py"]
    assert told.startswith("dags/ is newer than include/")
    assert told.endswith(AS_WELL)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_dag_file_compares_the_numbers(file: Path) -> None:
    imports = [
        ast.unparse(statement)
        for statement in ast.parse(file.read_text()).body
        if isinstance(statement, ast.Import | ast.ImportFrom)
    ]
    of_the_project = [one for one in imports if "include" in one or "dags" in one]
    assert of_the_project[0] == "import dags.interface"
