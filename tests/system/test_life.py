"""The life of a model in a real Airflow: after the first trigger, all of it happens by itself."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from include.gmm.drift import Drift
from include.gmm.promotion_record import Promoted
from include.gmm.store import configured
from include.gmm.summary import Summary
from include.gmm.warehouse import Connection, Warehouse, warehouse_of
from tests.gmm.store.servers import new_bucket
from tests.gmm.warehouse.servers import PostgresServer, as_connection, as_target
from tests.system.conftest import (
    DAG_ID,
    MONITOR_DAG_ID,
    ROLLBACK_DAG_ID,
    SCORE_DAG_ID,
    AirflowWithRun,
    started,
)
from tests.system.copies import copy_project, share_nothing
from tests.system.purchases import TRAINED_UNTIL, bring_purchases

# A busy machine takes several times as long as an idle one; only what never comes is a failure.
PATIENCE = 900  # seconds for Airflow to do by itself what is waited for
pytestmark = pytest.mark.timeout(3600)  # a dozen runs, one after the other


@pytest.fixture(scope="module")
def profile(postgres_server: PostgresServer) -> dict[str, Any]:
    """dbt's, of a new database."""
    return postgres_server.database()


@pytest.fixture(scope="module")
def warehouse(profile: dict[str, Any]) -> Warehouse:
    return warehouse_of(profile)


@pytest.fixture(scope="module")
def environment(
    s3_server: str, profile: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What a deployment sets: a bucket as the store, and a database as the warehouse."""
    own = tmp_path_factory.mktemp("own")
    credentials = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_server,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in credentials.items():
            patch.setenv(name, value)
        bucket = new_bucket("s3")
    return {
        **credentials,
        **as_target(profile),
        "GMM_STORE": f"s3://{bucket}/gmm",
        "AIRFLOW_CONN_WAREHOUSE": as_connection(profile),
        "TMPDIR": str(own),
    }


@pytest.fixture(scope="module")
def airflow(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> Iterator[AirflowWithRun]:
    """An Airflow of its own, in which nothing has run; its tasks share a database and a bucket."""
    pytest.importorskip("script.local_airflow", reason="script/ is not here: not in the image")
    folder = copy_project(tmp_path_factory.mktemp("life") / "project")
    share_nothing(folder)
    with started(folder, environment=environment) as result:
        yield result


def test_from_the_first_training_to_a_rollback(
    airflow: AirflowWithRun, environment: dict[str, str], warehouse: Warehouse
) -> None:
    # The first training makes the first champion, and that scores the customers.
    bring_purchases(airflow, until=TRAINED_UNTIL)
    first = promoted(airflow, train(airflow))
    assert (first.outcome, first.serial) == ("promoted", 1)
    wait_until(lambda: versions_shown(warehouse) == [first.version])
    before = scores(warehouse)

    # Three months of purchases later the monitor finds a drift, which starts a training.
    bring_purchases(airflow)
    found = drift_in(airflow)
    assert found.breached
    assert found.sentence.endswith("It starts customers_train.")
    wait_until(lambda: len(runs(airflow, DAG_ID, "success")) == 2)
    by_itself = runs(airflow, DAG_ID, "success")[-1]
    assert by_itself["run_type"] == "asset_triggered"

    # The challenger passes the gates. Its segments are those of the champion.
    second = promoted(airflow, by_itself["dag_run_id"])
    assert (second.outcome, second.serial) == ("promoted", 2)
    succession = second.succession
    assert succession.champion == first.version
    assert {gate.name for gate in succession.gates} >= {"log_likelihood", "stability", "moved"}
    assert sorted(succession.segment_ids) == list(first.succession.segment_ids)
    content = airflow.xcom(DAG_ID, by_itself["dag_run_id"], "load_model_and_evaluate")
    summary = Summary.model_validate(content)
    assert [each.number for each in summary.segments] == list(succession.segment_ids)

    # Its scores replace those of the champion before, in one swap.
    wait_until(lambda: versions_shown(warehouse) == [second.version])
    after = scores(warehouse)
    assert {row["segment_id"] for row in after} <= set(succession.segment_ids)
    assert len(after) == len(before) == 23_570
    sizes = rows(warehouse, "SELECT CAST(sum(customers) AS bigint) AS n FROM segment_sizes_by_week")
    assert sizes == [{"n": 23_570}]

    # The new champion was fitted to these data.
    assert not drift_in(airflow).breached

    # A rollback restores what readers saw before the swap, to the last digit, and the tab tells.
    wait_until(lambda: not scoring(airflow))
    probabilities = [f"probability_{number}" for number in first.succession.segment_ids]
    columns = ", ".join(["customer_id", "segment_id", *probabilities])
    of_table = f"SELECT {columns} FROM {{}} ORDER BY customer_id"
    table = f'{warehouse.scores}."customer_scores@{first.version}"'
    kept = rows(warehouse, of_table.format(table))
    run_id = airflow.trigger(ROLLBACK_DAG_ID)
    assert airflow.wait(ROLLBACK_DAG_ID, run_id) == "success"
    returned = Promoted.model_validate(airflow.xcom(ROLLBACK_DAG_ID, run_id, "roll_back"))
    assert (returned.champion, returned.serial) == (first.version, 3)
    same = rows(warehouse, of_table.format("customer_scores_wide")) == kept
    assert same, "a table of 23,570 rows whose differences pytest should not write out"
    sizes = rows(warehouse, "SELECT DISTINCT model_version FROM segment_sizes_by_week")
    assert sizes == [{"model_version": first.version}]
    assert versions_shown(warehouse) == [first.version]
    assert len(kept) == 23_570
    assert "the champion since" in by_hand(airflow, environment, "versions", "customers")
    with airflow.client("viewer") as viewer:
        history = viewer.get(f"/gmm/{DAG_ID}/clusters").text
    assert f"The champion is <code>{first.version}</code>" in history
    assert "again, by a rollback, since" in history

    # Held against the champion of before the data have drifted, but that asks for no training: the
    # last one was asked for within the week.
    found = drift_in(airflow)
    assert found.breached
    assert found.sentence.endswith("within 7 days: not again.")
    wait_until(lambda: not scoring(airflow))  # Airflow cannot tell events of a run that is queued
    events = airflow.api.get("assets/events", limit=100)["asset_events"]
    of = Counter(event["uri"].removeprefix("gmm://customers/") for event in events)
    assert of["drift"] == 1
    assert of["champion"] == 3
    assert of["unscored"] == 2, "news of the rollback would have replaced the table by a new one"

    # All of that without a folder that two processes share.
    assert not (airflow.folder / "working_data").exists()
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in environment.items():
            patch.setenv(variable, value)
        kept_objects = configured().list("customers")
        configured().delete(*kept_objects)
    for name in ("champions/000003.json", f"{first.version}/manifest.json"):
        assert f"customers/{name}" in kept_objects

    # A store that has lost the champion is not taken for one that never had any.
    for dag_id, task_id in ((SCORE_DAG_ID, "plan_scoring"), (MONITOR_DAG_ID, "load_data")):
        run_id = airflow.trigger(dag_id)
        assert airflow.wait(dag_id, run_id) == "failed"
        tasks = airflow.api.get(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"]
        assert [task["task_id"] for task in tasks if task["state"] == "failed"] == [task_id]


def train(airflow: AirflowWithRun) -> str:
    airflow.train()
    return airflow.run_id


def drift_in(airflow: AirflowWithRun) -> Drift:
    """What the monitor finds now."""
    run_id = airflow.trigger(MONITOR_DAG_ID)
    assert airflow.wait(MONITOR_DAG_ID, run_id) == "success"
    return Drift.model_validate(airflow.xcom(MONITOR_DAG_ID, run_id, "measure_drift"))


def promoted(airflow: AirflowWithRun, run_id: str) -> Promoted:
    return Promoted.model_validate(airflow.xcom(DAG_ID, run_id, "promote_model"))


def runs(airflow: AirflowWithRun, dag_id: str, state: str) -> list[dict[str, Any]]:
    """The oldest first."""
    found = airflow.api.get(f"dags/{dag_id}/dagRuns", state=[state], order_by="run_after")
    return list(found["dag_runs"])


def scoring(airflow: AirflowWithRun) -> list[dict[str, Any]]:
    """The runs of the scoring DAG that have not ended."""
    return runs(airflow, SCORE_DAG_ID, "queued") + runs(airflow, SCORE_DAG_ID, "running")


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, "Airflow did not get there by itself"
        time.sleep(1)


def rows(warehouse: Warehouse, sql: str) -> list[dict[str, Any]]:
    def found(connection: Connection) -> list[dict[str, Any]]:
        connection.execute(f"SET LOCAL search_path TO {warehouse.schema}")
        return [row for batch in connection.stream(sql) for row in batch.to_pylist()]

    return warehouse.run(found)


def scores(warehouse: Warehouse) -> list[dict[str, Any]]:
    return rows(warehouse, "SELECT * FROM customer_segments ORDER BY customer_id")


def versions_shown(warehouse: Warehouse) -> list[str]:
    """The versions in the table that readers see, none before there is one."""
    if not warehouse.run(lambda made: made.columns(warehouse.schema, "customer_segments")):
        return []
    found = rows(warehouse, "SELECT DISTINCT model_version FROM customer_segments")
    return [row["model_version"] for row in found]


def by_hand(airflow: AirflowWithRun, environment: dict[str, str], *command: str) -> str:
    """What the command line says, in the project's folder."""
    done = subprocess.run(
        [sys.executable, "-m", "include.gmm", *command],
        cwd=airflow.folder,
        env={**environment, "PYTHONPATH": str(airflow.folder), "PATH": "", "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
