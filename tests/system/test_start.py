"""script/start as somebody at a terminal uses it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import httpx
import psutil
import pytest

from script.local_airflow.components import is_alive
from tests.conftest import PROJECT
from tests.system.conftest import AirflowWithRun
from tests.system.copies import copy_project, free_port

pytestmark = pytest.mark.skipif(
    Path(sys.prefix).resolve() != (PROJECT / ".venv").resolve()
    or not (PROJECT / ".venv" / "lock.stamp").is_file(),
    reason="script/start needs the .venv that script/test sets up",
)


class Start:
    """script/start, running in a copy of the project."""

    all: ClassVar[list[Start]] = []

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.output = ""
        self.process = psutil.Popen(
            [str(folder / "script" / "start"), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.all.append(self)

    def until(self, words: str) -> None:
        """Read what it prints until a line with these words."""
        for line in self.process.stdout:
            self.output += line
            if words in line:
                return
        raise AssertionError(f"it ended without saying {words!r}:\n{self.output}")

    def end(self) -> int:
        """Read the rest; the exit status."""
        self.output += self.process.stdout.read()
        return int(self.process.wait())

    def signalled(self, number: signal.Signals) -> int:
        """Send the signal and wait for the end, which must leave nothing running."""
        family = {self.process, *self.process.children(recursive=True)}
        self.process.send_signal(number)
        status = self.end()
        assert [process for process in family if is_alive(process)] == []
        assert processes_in(self.folder) == []
        return status


def processes_in(folder: Path) -> list[psutil.Process]:
    """The processes that work in the folder: Airflow's all do, whatever they call themselves."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if Path(process.cwd()).is_relative_to(folder) and is_alive(process):
                found.append(process)
    return found


def start(folder: Path, *options: str) -> tuple[int, str]:
    started = Start(folder, *options)
    return started.end(), started.output


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """A test that fails before it has ended what it started must not leave an Airflow behind."""
    yield
    while Start.all:
        left = Start.all.pop().process
        if left.poll() is None:
            left.terminate()
            left.communicate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("start") / "project")


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_an_unknown_option_is_named(folder: Path) -> None:
    status, output = start(folder, "--frobnicate")
    assert status == 2
    assert "unrecognized arguments: --frobnicate" in output


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_is_a_number(folder: Path, port: str) -> None:
    status, output = start(folder, "--port", port)
    assert status == 2
    assert f"'{port}' is not a port" in output


def test_a_busy_port_is_one_line(folder: Path, busy_port: int) -> None:
    status, output = start(folder, "--port", str(busy_port))
    assert status == 1
    assert output == (
        f"script/start: Port {busy_port} is in use by another program: "
        "choose one with `script/start --port N`.\n"
    )


def test_a_second_airflow_of_the_same_project_is_refused(airflow: AirflowWithRun) -> None:
    status, output = start(airflow.folder, "--port", str(free_port()))
    assert status == 1
    assert f"already running at {airflow.url} " in output
    assert output.count("\n") == 1


def test_a_broken_settings_file_is_named(folder: Path) -> None:
    file = folder / "airflow_settings.yaml"
    content = file.read_text()
    file.write_text("airflow:\n  pols: []\n")
    try:
        status, output = start(folder, "--once", "--port", "1")
    finally:
        file.write_text(content)
    assert (status, output.count("\n")) == (1, 1)
    assert "airflow_settings.yaml: airflow.pols" in output


def test_terminated_during_the_run(folder: Path, port: int) -> None:
    started = Start(folder, "--port", str(port))
    started.until("✓ load_data")
    assert started.signalled(signal.SIGTERM) == 1
    assert "Stopping Airflow" in started.output


def test_a_start_from_beginning_to_end(folder: Path, port: int) -> None:
    started = Start(folder, "--port", str(port))
    started.until("Ctrl-C")
    lines = started.output.splitlines()
    tasks = [line.split()[1] for line in lines if line.startswith("  ✓")]
    assert tasks[0] == "load_data"
    assert tasks[-2:] == ["load_model_and_evaluate", "promote_model"]
    assert any(line.startswith("│ Share of rows") for line in lines), "the segments' table"

    model = re.search(r"^Model: +(\S+)$", started.output, re.MULTILINE)
    assert model and (folder / model[1]).is_file()
    tab = re.search(r"^Clusters: +(\S+)$", started.output, re.MULTILINE)
    assert tab and tab[1].startswith(f"http://127.0.0.1:{port}/dags/customers_train/runs/")
    assert "/plugin/" in tab[1]
    assert httpx.get(tab[1], trust_env=False, follow_redirects=True).is_success

    # History is kept, and the run that was cut short did not go on.
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        token = client.get("/auth/token").json()["access_token"]
        runs = client.get(
            "/api/v2/dags/customers_train/dagRuns", headers={"Authorization": f"Bearer {token}"}
        ).json()["dag_runs"]
        assert sorted(run["state"] for run in runs) == ["failed", "success"]
        assert_closed_to_websites(client, tab[1])
    assert_for_this_user_alone(folder / ".astro" / "standalone")

    assert started.signalled(signal.SIGINT) == 0


def assert_closed_to_websites(client: httpx.Client, tab: str) -> None:
    """Neither a name of theirs that leads here (DNS rebinding) nor their pages reach the admin."""
    paths = [
        "/",
        "/auth/token",
        "/auth/token/login",
        "/api/v2/version",
        "/api/v2/dags",
        "/execution/health",
        "/gmm/segmentations",
        "/static/none.js",
        tab,
    ]
    of_a_website = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    for path in paths:
        for method in ("GET", "POST", "DELETE", "OPTIONS"):
            answer = client.request(method, path, headers={"host": "evil.example"})
            assert (answer.status_code, answer.text) == (400, "Invalid host header"), (method, path)
            answer = client.request(method, path, headers=of_a_website)
            assert answer.status_code == 403, (method, path)
            assert "access_token" not in answer.text
    assert client.get("/api/v2/dags", headers={"sec-fetch-site": "same-origin"}).is_success


def assert_for_this_user_alone(home: Path) -> None:
    made = {file.relative_to(home).as_posix(): file for file in [home, *home.rglob("*")]}
    assert {"airflow.db", "airflow.cfg", "api-server.log", "logs"} <= made.keys()
    assert {name: oct(file.stat().st_mode) for name, file in made.items() if is_open(file)} == {}


def is_open(file: Path) -> bool:
    """Whether others than its owner may do anything with it."""
    return not file.is_symlink() and bool(file.stat().st_mode & 0o077)


def test_a_dag_that_cannot_be_imported_is_shown(folder: Path, port: int) -> None:
    file = folder / "dags" / "train.py"
    content = file.read_text()
    file.write_text(f"{content}\nfrom include.gmm import nothing_of_that_name\n")
    try:
        status, output = start(folder, "--once", "--port", str(port))
    finally:
        file.write_text(content)
    assert status == 1
    assert (
        "script/start: dags/train.py cannot be imported: "
        "ImportError: cannot import name 'nothing_of_that_name'"
    ) in output
    assert processes_in(folder) == []
