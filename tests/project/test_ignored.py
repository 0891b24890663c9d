"""What stays out of git stays out of the image: secrets, what runs made, what tools made."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from pathspec import GitIgnoreSpec

from tests.conftest import PROJECT


def patterns(name: str) -> list[str]:
    if not (PROJECT / name).is_file():
        pytest.skip(f"{name} is not in the image")
    lines = (PROJECT / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def ignored_by_docker() -> GitIgnoreSpec:
    """Docker's patterns are Git's, but a name without `**/` is one of the top folder."""
    return GitIgnoreSpec.from_lines(f"/{pattern}" for pattern in patterns(".dockerignore"))


def examples(pattern: str) -> Iterator[str]:
    """Files that a pattern of .gitignore is about: in the top folder and, where it may, below."""
    name = pattern.replace("*", "x").strip("/")
    file = f"{name}/file" if pattern.endswith("/") else name
    yield file
    if "/" not in pattern.rstrip("/"):
        yield f"include/data/{file}"


def test_what_git_ignores_the_image_ignores_as_well() -> None:
    git, docker = GitIgnoreSpec.from_lines(patterns(".gitignore")), ignored_by_docker()
    files = [f for p in patterns(".gitignore") if p[0] != "!" for f in examples(p)]
    assert [file for file in files if not git.match_file(file)] == []
    assert [file for file in files if not docker.match_file(file)] == []


@pytest.mark.parametrize(
    "file",
    [
        ".astro/config.yaml.lock",  # of `astro config set`
        ".astro/dev.local.yaml",
        ".astro/dev.local.yml",
        ".astro/standalone/airflow.db",
        ".DS_Store",
        ".env",
        ".env.local",
        ".env.production",
        ".idea/workspace.xml",
        ".venv/bin/python",
        ".vscode/settings.json",
        "dag-test-report.html",
        "dags/__pycache__/train.cpython-312.pyc",
        "env/bin/python",
        "include/.env.staging",
        "include/data/.DS_Store",
        "include/dbt/.user.yml",
        "include/dbt/target/manifest.json",
        "notebooks/secrets.ipynb",
        "plugins/.idea/workspace.xml",
        "venv/pyvenv.cfg",
        "working_data/warehouse.duckdb",
    ],
)
def test_neither_git_nor_the_image_takes(file: str) -> None:
    assert GitIgnoreSpec.from_lines(patterns(".gitignore")).match_file(file)
    assert ignored_by_docker().match_file(file)


# What the Astro CLI reads on this machine, or copies into its test container itself.
BUILDING_AND_TESTING = {
    ".astro",
    ".ci",
    ".dockerignore",
    ".env.example",
    ".git",
    ".github",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Dockerfile",
    "README.md",
    "airflow_settings.yaml",
    "docker-compose.override.yml",
    "docs",
    "requirements.lock",
    "script",
    "tests",
}
RUNNING = {
    "LICENSE",
    "airflow_local_settings.py",
    "dags",
    "include",
    "packages.txt",
    "plugins",
    "pyproject.toml",
    "requirements.txt",
}


def test_of_what_git_knows_the_image_has_what_runs_and_nothing_else() -> None:
    docker = ignored_by_docker()
    if not (PROJECT / ".git").exists():
        pytest.skip("not a checkout")
    told = subprocess.check_output(["git", "ls-files", "-z"], cwd=PROJECT, text=True)
    files = [file for file in told.split("\0") if file]
    taken = {file.split("/")[0] for file in files if not docker.match_file(file)}
    left = {file.split("/")[0] for file in files if docker.match_file(file)}
    assert taken == RUNNING
    assert left - {"working_data"} <= BUILDING_AND_TESTING
    assert not any(docker.match_file(f) for f in files if f.split("/")[0] in RUNNING)


@pytest.mark.parametrize("folder", ["dags", "include", "plugins"])
def test_the_image_has_all_that_runs(folder: str) -> None:
    docker = ignored_by_docker()
    files = (PROJECT / folder).rglob("*.*")
    sources = [str(f.relative_to(PROJECT)) for f in files if f.suffix in (".py", ".yaml", ".sql")]
    made = ("include/dbt/target/", "include/dbt/logs/")
    assert sources
    assert [f for f in sources if docker.match_file(f) and not f.startswith(made)] == []


@pytest.mark.parametrize("file", ["airflow_local_settings.py", "packages.txt", "requirements.txt"])
def test_the_image_has_this_file_of_the_top_folder(file: str) -> None:
    assert (PROJECT / file).is_file()
    assert not ignored_by_docker().match_file(file)
