"""Where a local Airflow keeps its things, and the environment variables that it runs with.

The layout is that of the Astro CLI's standalone mode (`astro dev start --standalone`), so that
either can go on where the other stopped: home in .astro/standalone, DAGs in dags/, every visitor
an admin, `.env` read.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
TRUSTED_HOSTS = f"{HOST},localhost,[::1]"  # read by plugins/gmm_plugin.py

# What makes a small machine quick. `.env` and the shell may say otherwise.
TUNING = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.05",  # default 1 s: waited between tasks
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # default 5 s: to see that a process is gone
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",  # default 300 s: what a stop left
    "AIRFLOW__CORE__PARALLELISM": "4",  # default 32: as many processes are forked at the start
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",  # default 300 s: for a new file to show up
    "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "False",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
    "DO_NOT_TRACK": "1",
}

# The Astro CLI's own constant for every project on a developer's machine, so no secret: with it,
# variables and connections can be read whichever of the two wrote them.
FERNET_KEY = "d6Vefz3G9U_ynXB3cr7y_Ak35tAHkEGAVxuz_B-jzWw="  # pragma: allowlist secret


@dataclass(frozen=True)
class Layout:
    """The folders and files of a project."""

    project: Path

    @property
    def home(self) -> Path:
        """AIRFLOW_HOME: the metadata database, logs and everything else that Airflow writes."""
        return self.project / ".astro" / "standalone"

    @property
    def settings(self) -> Path:
        """Pools, connections and variables."""
        return self.project / "airflow_settings.yaml"

    def log(self, component: str) -> Path:
        """What a component printed since it was last started."""
        return self.home / f"{component}.log"

    def task_log(self, dag_id: str, run_id: str, task_id: str, attempt: int) -> Path:
        """What a task logged."""
        run = self.home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}"
        return run / f"task_id={task_id}" / f"attempt={attempt}.log"

    def shown(self, path: Path) -> str:
        """The path as a person in the project's folder would type it."""
        return str(path.relative_to(self.project) if path.is_relative_to(self.project) else path)


def environment(
    layout: Layout, port: int, inherited: Mapping[str, str], overrides: Mapping[str, str]
) -> dict[str, str]:
    """The environment of every Airflow process: `overrides` win over all else."""
    project, home = layout.project, layout.home
    bin_folder = Path(sys.executable).parent
    result = {**TUNING, **inherited, **read_env_file(project / ".env")}
    # Without compiled bytecode every task compiles its imports anew: three times the start-up.
    result.pop("PYTHONDONTWRITEBYTECODE", None)
    result |= {
        "PATH": f"{bin_folder}{os.pathsep}{inherited.get('PATH', '')}",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(project), inherited.get("PYTHONPATH")])),
        "AIRFLOW_HOME": str(home),
        "ASTRONOMER_ENVIRONMENT": "local",
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(project / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__FERNET_KEY": FERNET_KEY,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        # Every visitor is an admin, so only this machine may visit, and no website in its browser.
        "GMM_TRUSTED_HOSTS": TRUSTED_HOSTS,
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://{HOST}:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{HOST}:{port}/execution/",
    }
    result |= _past_proxies(result)
    return result | dict(overrides)


def read_env_file(path: Path) -> dict[str, str]:
    """The KEY=value lines of a .env file, quotes removed; nothing if there is no such file."""
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {key.strip(): _unquoted(value.strip()) for key, _, value in pairs}


def _unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def _past_proxies(variables: Mapping[str, str]) -> dict[str, str]:
    """Airflow's components speak to each other on this machine: never through a proxy."""
    set_names = {name.lower() for name, value in variables.items() if value}
    if set_names.isdisjoint({"http_proxy", "https_proxy", "all_proxy", "no_proxy"}):
        # Looking proxies up in the system's settings is not safe after a fork on macOS.
        return {"NO_PROXY": "*", "no_proxy": "*"}
    exempt = variables.get("NO_PROXY") or variables.get("no_proxy") or ""
    exempt = ",".join(filter(None, [exempt, HOST, "localhost"]))
    return {"NO_PROXY": exempt, "no_proxy": exempt}
