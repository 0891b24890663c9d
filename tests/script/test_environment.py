"""The environment of a local Airflow: what wins over what."""

from __future__ import annotations

from pathlib import Path

import pytest

from script.local_airflow.environment import Layout, environment, read_env_file


def made(folder: Path, **inherited: str) -> dict[str, str]:
    return environment(Layout(folder), 8123, inherited, {})


def test_the_layout_is_the_astro_clis(tmp_path: Path) -> None:
    variables = made(tmp_path)
    assert variables["AIRFLOW_HOME"] == str(tmp_path / ".astro" / "standalone")
    assert variables["AIRFLOW__CORE__DAGS_FOLDER"] == str(tmp_path / "dags")
    assert variables["PYTHONPATH"] == str(tmp_path)


def test_only_this_machine_is_served(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AIRFLOW__API__HOST=0.0.0.0\n")
    variables = made(tmp_path, AIRFLOW__API__HOST="0.0.0.0")  # noqa: S104
    assert variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert variables["AIRFLOW__API__PORT"] == "8123"


def test_no_other_name_of_this_machine_is_answered(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GMM_TRUSTED_HOSTS=*\n")
    assert made(tmp_path, GMM_TRUSTED_HOSTS="*")["GMM_TRUSTED_HOSTS"] == "127.0.0.1,localhost,[::1]"


def test_the_shell_wins_over_the_tuning_and_env_over_both(tmp_path: Path) -> None:
    name = "AIRFLOW__CORE__PARALLELISM"
    assert made(tmp_path)[name] == "4"
    assert made(tmp_path, **{name: "8"})[name] == "8"
    (tmp_path / ".env").write_text(f"{name}=16\n")
    assert made(tmp_path, **{name: "8"})[name] == "16"


def test_bytecode_is_kept(tmp_path: Path) -> None:
    assert "PYTHONDONTWRITEBYTECODE" not in made(tmp_path, PYTHONDONTWRITEBYTECODE="1")


@pytest.mark.parametrize(
    ("inherited", "expected"),
    [
        ({}, "*"),
        ({"HTTPS_PROXY": "http://proxy.test"}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "a.test"}, "a.test,127.0.0.1,localhost"),
    ],
)
def test_this_machine_is_never_behind_a_proxy(
    tmp_path: Path, inherited: dict[str, str], expected: str
) -> None:
    assert made(tmp_path, **inherited)["NO_PROXY"] == expected


def test_an_env_file_is_read_as_the_cli_reads_it(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# A=0\n\nA=1\n B = 'two = 2' \nC=\"three\"\nD=\nnothing\n")
    assert read_env_file(file) == {"A": "1", "B": "two = 2", "C": "three", "D": ""}
    assert read_env_file(tmp_path / "none") == {}
