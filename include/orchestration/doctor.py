"""Checks what a deployment has been given, one line each: `python -m include.orchestration.doctor`.

It reaches the store and the warehouse as tasks do, by Airflow's connections, and does there what
they do: whatever it makes, it removes.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable

import pyarrow as pa

from include.gmm.errors import InputError, one_line
from include.gmm.scoring.tables import Scores
from include.gmm.settings import DBT_PROJECT, WAREHOUSE
from include.gmm.sql import place
from include.gmm.store import ExistsError, configured
from include.gmm.warehouse import Connection, Warehouse
from include.orchestration import warehouse
from include.orchestration.preflight import demand_common_places

PACKAGES = ("apache-airflow", "astronomer-cosmos", "dbt-core", "scikit-learn", "numpy", "duckdb")


def main() -> int:
    """Make all checks; 0 when every one has passed."""
    checks = {
        "versions": versions,
        "places that workers share": places,
        "store": store,
        "warehouse": rights,
        "dbt": dbt,
    }
    return max(_checked(name, check) for name, check in checks.items())


def versions() -> str:
    """What is installed."""
    found = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    return f"Python {sys.version.split()[0]}, {', '.join(found)}"


def places() -> str:
    """Whether store and warehouse are everybody's."""
    demand_common_places()
    return "nothing is kept on a disk that other workers lack"


def store() -> str:
    """Put an object once, see that nobody can put another one, list, read and remove it."""
    objects, name = configured(), f"doctor/{uuid.uuid4().hex}"
    objects.put(name, b"1")
    try:
        objects.put(name, b"2")
    except ExistsError:
        pass
    else:
        raise InputError(
            f"{objects.address(name)}: was put twice, so that two champions could be appointed; "
            "this service cannot keep models (docs/stores.md)"
        )
    if objects.list("doctor") != [name] or objects.read(name) != b"1":
        raise InputError(f"{objects.address(name)}: is not listed, or not read as it was put")
    objects.delete(name)
    return f"{objects.address('doctor').removesuffix('/doctor')}: put once, list, read, delete"


def rights() -> str:
    """Create, fill, rename and show a table as scorings do, and drop it."""
    made = warehouse.configured()
    if not made.exists():
        return f"{made.shown}: load_data will make it"
    made.run(lambda connection: _table_shown(connection, made))
    return f"{made.shown}: dbt builds in {made.schema}, scores are in {made.scores}"


def _table_shown(connection: Connection, made: Warehouse) -> None:
    scores = Scores(connection, made, f"doctor_{uuid.uuid4().hex[:8]}")
    scores.prepare()
    connection.create_schema(made.schema)  # as dbt does
    connection.create(made.scores, scores.table("a"), {"key": "BIGINT"})
    connection.append(made.scores, scores.table("a"), pa.table({"key": [1]}).to_reader())
    scores.rename("a", scores.table("b"))
    view = place(made.schema, scores.view)
    connection.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM {scores.place('b')}")  # noqa: S608
    connection.execute(f"DROP VIEW {view}")
    connection.execute(f"DROP TABLE {scores.place('b')}")


def dbt() -> str:
    """Let dbt connect by the profile that its tasks have."""
    config = warehouse.profile_config(DBT_PROJECT)
    command = [sys.executable, "-m", "dbt.cli.main", "debug", "--connection"]
    with (
        tempfile.TemporaryDirectory() as folder,
        config.ensure_profile() as (profile, variables),
    ):
        given = {"project": DBT_PROJECT, "profiles": profile.parent}
        places = [text for name, at in given.items() for text in (f"--{name}-dir", str(at))]
        done = subprocess.run(
            [*command, *places, "--target", config.target_name],
            env={**os.environ, **variables, "GMM_DUCKDB": str(WAREHOUSE), "DBT_LOG_PATH": folder},
            capture_output=True,
            text=True,
        )
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if "rror" in line] or ["no connection"]
        raise InputError(f"dbt debug: {said[-1]}")
    return f"connects by target {config.target_name}"


def _checked(name: str, check: Callable[[], str]) -> int:
    began = time.monotonic()
    try:
        told, status = check(), 0
    except InputError as error:
        told, status = str(error), 1
    seconds = time.monotonic() - began
    print(f"{'NO' if status else 'ok'}  {name}: {one_line(told)} ({seconds:.1f} s)")  # noqa: T201
    return status


if __name__ == "__main__":
    sys.exit(main())
