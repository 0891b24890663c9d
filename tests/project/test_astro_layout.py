"""The checkout is a project as the Astro CLI expects it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import PROJECT

HOME_IN_THE_IMAGE = "/usr/local/airflow"


@pytest.fixture(autouse=True)
def _in_a_checkout() -> None:
    if not (PROJECT / "script").is_dir():
        pytest.skip("the image has only a part of the project")


def yaml_of(name: str) -> dict[str, object]:
    content: dict[str, object] = yaml.safe_load((PROJECT / name).read_text())
    return content


@pytest.mark.parametrize(
    "name",
    [
        ".astro/config.yaml",
        ".astro/dag_integrity_exceptions.txt",
        ".astro/test_dag_integrity_default.py",
        ".dockerignore",
        "Dockerfile",
        "airflow_local_settings.py",
        "airflow_settings.yaml",
        "dags",
        "docker-compose.override.yml",
        "include",
        "packages.txt",
        "plugins",
        "requirements.txt",
        "tests",
    ],
)
def test_is_there(name: str) -> None:
    assert (PROJECT / name).exists()


def test_the_project_has_a_name() -> None:
    assert yaml_of(".astro/config.yaml")["project"]


def test_the_clis_standalone_mode_finds_the_plugins_after_kill(tmp_path: Path) -> None:
    """It sets no plugins folder, and `kill` deletes Airflow's home with all that was in it."""
    home = tmp_path / ".astro" / "standalone"
    assert "gmm_plugin.py" in plugins_of(AIRFLOW_HOME=str(home))


def test_a_plugins_folder_that_is_named_stays(tmp_path: Path) -> None:
    named = {"AIRFLOW__CORE__PLUGINS_FOLDER": str(tmp_path / "mine")}
    assert "gmm_plugin.py" not in plugins_of(AIRFLOW_HOME=str(tmp_path), **named)


OPEN = {"AIRFLOW_HOME": str(PROJECT / ".astro" / "standalone")}
VISITED = "import airflow_local_settings, os; print(*map(os.getenv, {names}))"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (OPEN, "127.0.0.1 127.0.0.1,localhost,*.localhost,[::1]"),
        (OPEN | {"AIRFLOW__API__HOST": "::", "GMM_TRUSTED_HOSTS": "a.test"}, ":: a.test"),
        ({"AIRFLOW_HOME": "{tmp_path}"}, "None None"),  # the image, a deployment
    ],
    ids=["the CLI's standalone mode", "with another wish in .env", "elsewhere"],
)
def test_where_everybody_is_an_admin_only_this_machine_may_visit(
    variables: dict[str, str], expected: str, tmp_path: Path
) -> None:
    home = variables["AIRFLOW_HOME"].format(tmp_path=tmp_path)
    code = VISITED.format(names=("AIRFLOW__API__HOST", "GMM_TRUSTED_HOSTS"))
    assert ran(["-c", code], **variables | {"AIRFLOW_HOME": home}).strip() == expected


def plugins_of(**variables: str) -> str:
    """What an Airflow with these variables says of its plugins."""
    return ran(["-m", "airflow", "plugins", "--output", "json"], **variables)


def ran(python: list[str], **variables: str) -> str:
    """What a Python in the project's folder says, with these variables of Airflow's alone."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "GMM"))}
    of_the_cli = {"PYTHONPATH": str(PROJECT), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    return subprocess.run(
        [sys.executable, *python],
        cwd=PROJECT,
        env=inherited | of_the_cli | variables,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_every_container_shares_working_data() -> None:
    compose = yaml_of("docker-compose.override.yml")
    volume = f"working_data:{HOME_IN_THE_IMAGE}/working_data"
    assert compose["services"] == {
        name: {"volumes": [volume]}
        for name in ("scheduler", "dag-processor", "api-server", "triggerer")
    }
    assert compose["volumes"] == {"working_data": None}
    assert f"{HOME_IN_THE_IMAGE}/working_data" in (PROJECT / "Dockerfile").read_text()


def instructions() -> list[str]:
    """Of the Dockerfile, each on a line."""
    lines = (PROJECT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line and not line.startswith("#")]


def test_the_kernel_is_compiled_by_and_for_the_images_user() -> None:
    [environment] = [line for line in instructions() if line.startswith("ENV ")]
    folder = dict(pair.split("=") for pair in environment.split()[1:])["NUMBA_CACHE_DIR"]
    [owned] = [line for line in instructions() if line.startswith("RUN install --directory")]
    assert folder in owned.split()
    assert "--owner=astro" in owned.split()
    assert instructions()[-2:] == [
        "USER astro",
        f"RUN cd {HOME_IN_THE_IMAGE} && python -m include.gmm.mixture.em.ahead",
    ]


def test_the_image_compiles_what_can_be_compiled_and_leaves_the_rest(tmp_path: Path) -> None:
    [run] = [line for line in instructions() if "-m compileall" in line]
    libraries, home = tmp_path / "libraries", tmp_path / "airflow"
    for folder in (libraries, home):
        folder.mkdir()
        (folder / "sound.py").write_text("answer = 42\n")
        (folder / "broken.py").write_text("print 42\n")
    command = run.removeprefix("RUN ").replace(HOME_IN_THE_IMAGE, str(home))
    python = 'python() { if [ $1 = -c ]; then echo $LIBRARIES; else $PYTHON "$@"; fi; }; '
    environment = os.environ | {"PYTHON": sys.executable, "LIBRARIES": str(libraries)}
    subprocess.run(["sh", "-c", python + command], env=environment, check=True)
    for folder in (libraries, home):
        assert [p.name.split(".")[0] for p in folder.rglob("*.pyc")] == ["sound"]


def test_a_broken_dag_fails_astro_dev_parse(tmp_path: Path) -> None:
    """`astro dev parse` runs this file from the project's folder and honours the exceptions."""
    (tmp_path / "dags").mkdir()
    (tmp_path / ".astro").mkdir()
    test = ".astro/test_dag_integrity_default.py"
    (tmp_path / test).write_text((PROJECT / test).read_text())
    sound, broken = tmp_path / "dags" / "sound.py", tmp_path / "dags" / "broken.py"
    sound.write_text("from airflow.sdk import DAG\nsound = DAG('sound', schedule=None)\n")
    broken.write_text("from airflow.sdk import DAG, no_such_thing\n")

    failed = parse(tmp_path, test)
    assert failed.returncode == 1, failed.stdout
    assert "dags/broken.py" in failed.stdout
    assert "no_such_thing" in failed.stdout

    (tmp_path / ".astro" / "dag_integrity_exceptions.txt").write_text("# one\ndags/broken.py\n")
    passed = parse(tmp_path, test)
    assert passed.returncode == 0, passed.stdout


def parse(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", test],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "AIRFLOW_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
