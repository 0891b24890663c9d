"""One set of versions: requirements.txt, the lock, pyproject.toml and the image agree."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.conftest import PROJECT

TESTING = {"pytest", "pytest-xdist"}
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def text(name: str) -> str:
    path = PROJECT / name
    if not path.is_file():
        pytest.skip(f"{name} is not in the image")
    return path.read_text()


def requirements() -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in text("requirements.txt").splitlines())
    return [Requirement(line) for line in lines if line]


def lock() -> dict[str, str]:
    return dict(LOCKED.findall(text("requirements.lock")))


def groups() -> dict[str, list[str]]:
    found: dict[str, list[str]] = tomllib.loads(text("pyproject.toml"))["dependency-groups"]
    return found


def airflow() -> Requirement:
    [requirement] = map(Requirement, groups()["airflow"])
    return requirement


def test_the_lock_fulfils_what_is_required() -> None:
    required = [*requirements(), airflow(), *map(Requirement, groups()["dev"])]
    locked = lock()
    assert {r.name for r in required} <= locked.keys(), "run script/lock"
    unfit = [str(r) for r in required if not r.specifier.contains(locked[r.name])]
    assert unfit == [], "run script/lock"


def test_requirements_are_pinned_unless_they_are_airflows_own() -> None:
    loose = {r.name for r in requirements() if not is_pinned(r)}
    airflows = {"croniter", "cryptography", "fsspec", "jinja2", "markdown-it-py", "pydantic"}
    assert loose == airflows | {"pyyaml", "rich", "tenacity"} | TESTING


def is_pinned(requirement: Requirement) -> bool:
    return re.match(r"==[^*]+$", str(requirement.specifier)) is not None


def test_the_clis_standalone_mode_finds_a_pytest_of_the_project() -> None:
    """It installs requirements.txt alone, and runs the first pytest on PATH."""
    named = {r.name: r.specifier for r in requirements()}
    assert named["pytest"].contains(pytest.__version__)
    assert named.keys() >= TESTING
    assert TESTING.isdisjoint(Requirement(r).name for r in groups()["dev"]), "named once"


def test_each_requirement_says_what_it_is_for() -> None:
    lines = [line for line in text("requirements.txt").splitlines() if re.match(r"\w", line)]
    assert [line for line in lines if not re.search(r" # \w+", line)] == []


def test_airflow_comes_with_the_image() -> None:
    assert "apache-airflow" not in {r.name for r in requirements()}


def test_the_lock_is_complete_and_names_no_index() -> None:
    assert_hashed(text("requirements.lock"))


def assert_hashed(content: str) -> None:
    assert "://" not in content
    blocks = re.findall(r"^([a-z0-9._-]+)==(.*?)(?=^[a-z]|\Z)", content, re.M | re.S)
    assert blocks
    assert [name for name, block in blocks if "--hash=sha256:" not in block] == []


def test_uv_itself_comes_by_version_and_hash() -> None:
    assert_hashed(text("script/lib/uv.txt"))
    [command] = re.findall(r"pip install (.*?)2>&1", text("script/lib/uv.sh"), re.S)
    assert "--require-hashes" in command
    assert command.split()[-2:] == ["--requirement", "script/lib/uv.txt"]


def test_the_image_is_of_that_airflow_and_python() -> None:
    # Runtime X.Y-Z carries Airflow X.Y.*; which patch release, its release notes say.
    tag, digest = r"(\d+\.\d+)-(\d+)-python-(\d\.\d+)", r"(?:@sha256:[0-9a-f]{64})?"
    image = re.search(rf"^FROM \S+/runtime:{tag}{digest}$", dockerfile(), re.M)
    assert image, "FROM must name a Runtime release and its Python"
    assert (image[1], image[2]) == ("3.3", "8")
    assert str(airflow().specifier) == "==3.3.2", "a new image brings a new Airflow: change both"
    [ruff, mypy] = (tools()["ruff"]["target-version"], tools()["mypy"]["python_version"])
    assert ruff == f"py{image[3].replace('.', '')}"
    assert mypy == image[3]


def dockerfile() -> str:
    return text("Dockerfile")


def tools() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads(text("pyproject.toml"))["tool"]
    return found


def test_what_is_installed_is_what_is_locked() -> None:
    import importlib.metadata

    locked = lock()
    for requirement in filter(is_pinned, requirements()):
        assert importlib.metadata.version(requirement.name) == locked[requirement.name]


def paths(content: str) -> set[str]:
    """The absolute paths in it; what follows a host or another name is none."""
    return set(re.findall(r"(?<![\w./:])/\w[\w.-]*(?:/[\w.-]+)+|\b[A-Z]:\\\S+", content))


@pytest.mark.parametrize("name", ["requirements.lock", "requirements.txt", "Dockerfile"])
def test_no_path_of_a_machine(name: str) -> None:
    others = {path for path in paths(text(name)) if not path.startswith("/usr/local/airflow")}
    assert others == set(), "that folder is the image's"


@pytest.mark.parametrize("path", ["/home/me/wheels", "/Users/me", r"C:\Users\me"])
def test_a_path_of_a_machine_is_found(path: str) -> None:
    assert paths(f"--find-links={path}\nCOPY {path} https://host/a/b") == {path}
