"""A local Airflow from its start to its end."""

from __future__ import annotations

import importlib.metadata
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import quote

import httpx

from script.local_airflow.components import Components
from script.local_airflow.environment import HOST, Layout, environment
from script.local_airflow.errors import StartError
from script.local_airflow.lock import ProjectLock

PATIENCE = 120  # seconds for the API server to answer


class Airflow:
    """A running Airflow: its address, its files, and whether it still runs."""

    def __init__(self, layout: Layout, port: int, components: Components) -> None:
        """Made by `running`."""
        self.layout = layout
        self.url = f"http://{HOST}:{port}"
        self.started = datetime.now(UTC)
        self._components = components

    def page(self, dag_id: str, run_id: str) -> str:
        """The address of the run in the UI."""
        return f"{self.url}/dags/{dag_id}/runs/{quote(run_id, safe='')}"

    def check(self) -> None:
        """Raises StartError, with what it said last, when a component has ended."""
        if name := self._components.ended():
            raise StartError(_obituary(self.layout, name))


@contextmanager
def running(
    layout: Layout,
    port: int,
    inherited: Mapping[str, str] = os.environ,
    overrides: Mapping[str, str] | None = None,
) -> Iterator[Airflow]:
    """Airflow, as soon as its API answers; stopped again at the end, whatever happens.

    Raises StartError when it cannot be started, or if anything of it survives its end.
    """
    layout.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    layout.home.chmod(0o700)  # whatever the Astro CLI or an earlier start has left there
    lock = ProjectLock(layout.home)
    components = Components(
        layout.project, environment(layout, port, inherited, overrides or {}), layout.log
    )
    try:
        _check_free(port)
        _migrate(layout, components, lock.descriptor)
        airflow = Airflow(layout, port, components)
        components.start(lock.descriptor)
        lock.note(airflow.url, components.pids())
        _wait_for_answer(airflow)
        yield airflow
    finally:
        left = components.stop()
        lock.release()
        if left:
            raise StartError(f"These processes of Airflow could not be stopped: {left}")


def _check_free(port: int) -> None:
    # Connecting finds servers on any address of this machine, binding those that do not accept.
    with socket.socket() as probe:
        probe.settimeout(1)
        busy = probe.connect_ex((HOST, port)) == 0
    with socket.socket() as probe, suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        if not busy:
            return
    raise StartError(
        f"Port {port} is in use by another program: choose one with `script/start --port N`."
    )


def _migrate(layout: Layout, components: Components, keep_open: int) -> None:
    """Create or upgrade the metadata database, unless this release of Airflow already has."""
    release = importlib.metadata.version("apache-airflow")
    marker = layout.home / "database.version"
    is_current = marker.is_file() and marker.read_text() == release
    if is_current and (layout.home / "airflow.db").is_file():
        return
    if not components.migrate(keep_open):
        raise StartError(_obituary(layout, "database"))
    marker.write_text(release)


def _wait_for_answer(airflow: Airflow) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        airflow.check()
        with suppress(httpx.TransportError):
            answer = httpx.get(f"{airflow.url}/api/v2/version", timeout=5, trust_env=False)
            if answer.is_success:
                return
        time.sleep(0.2)
    log = airflow.layout.shown(airflow.layout.log("api-server"))
    raise StartError(f"Airflow did not answer within {PATIENCE} s; its log is {log}.")


def _obituary(layout: Layout, component: str) -> str:
    """That a component has ended, where its log is, and the end of it."""
    path = layout.log(component)
    lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
    tail = "\n".join(f"  {line}" for line in lines[-8:] if line.strip())
    return f"Airflow's {component} has ended unexpectedly ({layout.shown(path)}):\n{tail}"
