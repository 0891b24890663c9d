"""customers_train in a real Airflow: its shape, its order, what it leaves behind."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import yaml

from include.gmm.__main__ import main
from include.gmm.settings import find
from include.gmm.summary import Summary
from include.gmm.versions.records import Champion
from include.gmm.warehouse.duckdb_file import connected
from tests.system.conftest import AirflowWithRun

STEPS = [
    "load_data",
    "data_preprocessing",
    "build_save_gmm_model",
    "load_model_and_evaluate",
    "promote_model",
]


def summary_of(airflow: AirflowWithRun, run_id: str) -> Summary:
    return Summary.model_validate(airflow.xcom(airflow.dag_id, run_id, STEPS[3]))


def model_of(airflow: AirflowWithRun, run_id: str) -> Path:
    return airflow.folder / summary_of(airflow, run_id).model_path


def test_the_graph_has_the_steps(airflow: AirflowWithRun) -> None:
    with airflow.client("admin") as client:
        answer = client.get("/ui/structure/structure_data", params={"dag_id": airflow.dag_id})
    graph = answer.raise_for_status().json()
    assert {node["id"] for node in graph["nodes"]} == set(STEPS)


def test_the_steps_ran_one_after_the_other(airflow: AirflowWithRun) -> None:
    tasks = airflow.api.tasks(airflow.dag_id, airflow.run_id)
    assert {task["state"] for task in tasks} == {"success"}
    assert {task["try_number"] for task in tasks} == {1}
    times = {
        step: (
            min(task["start_date"] for task in tasks if task["task_id"].split(".")[0] == step),
            max(task["end_date"] for task in tasks if task["task_id"].split(".")[0] == step),
        )
        for step in STEPS
    }
    for earlier, later in pairwise(STEPS):
        assert times[earlier][1] <= times[later][0]


def test_each_task_hands_on_one_small_xcom(airflow: AirflowWithRun) -> None:
    path = f"dags/{airflow.dag_id}/dagRuns/{quote(airflow.run_id)}/taskInstances/~/xcomEntries"
    entries = airflow.api.get(path, limit=100)["xcom_entries"]
    mine = [entry for entry in entries if ".dbt." not in entry["task_id"]]
    assert {entry["key"] for entry in mine} == {"return_value"}
    assert len(mine) == 5
    for entry in mine:
        value = airflow.xcom(airflow.dag_id, airflow.run_id, entry["task_id"])
        assert len(json.dumps(value)) < 200_000


def test_the_saved_model_is_the_one_of_the_summary(airflow: AirflowWithRun) -> None:
    model = model_of(airflow, airflow.run_id)
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    assert digest == summary_of(airflow, airflow.run_id).model_sha256


def test_the_first_version_becomes_the_champion_and_that_is_an_event(
    airflow: AirflowWithRun,
) -> None:
    promoted = airflow.xcom(airflow.dag_id, airflow.run_id, "promote_model")
    assert promoted["outcome"] == "promoted"
    assert promoted["champion"] == summary_of(airflow, airflow.run_id).version
    events = airflow.api.get("assets/events", limit=100, order_by="timestamp")["asset_events"]
    champions = [event for event in events if event["uri"] == "gmm://customers/champion"]
    record = Champion.model_validate(champions[0]["extra"])
    assert (record.reference.version, record.serial) == (promoted["champion"], 1)


def test_a_second_run_saves_the_same_bytes(airflow: AirflowWithRun) -> None:
    again = airflow.trigger(airflow.dag_id)
    assert airflow.wait(airflow.dag_id, again) == "success"
    first, second = model_of(airflow, airflow.run_id), model_of(airflow, again)
    assert first != second
    assert first.read_bytes() == second.read_bytes()


def test_the_command_line_makes_the_same_model_of_the_features(
    airflow: AirflowWithRun, tmp_path: Path
) -> None:
    table = find("customers").features.model
    with connected(airflow.folder / "working_data" / "warehouse.duckdb") as connection:
        features = connection.table(f"main.{table}").df()
    features.sample(frac=1, random_state=0).to_csv(tmp_path / "features.csv", index=False)
    options = ["--segmentation", "customers", "--output", str(tmp_path)]
    assert main(["fit", str(tmp_path / "features.csv"), *options]) == 0
    (model,) = tmp_path.rglob("model.joblib")
    assert model.read_bytes() == model_of(airflow, airflow.run_id).read_bytes()


def test_the_settings_file_was_applied(airflow: AirflowWithRun) -> None:
    settings = yaml.safe_load((airflow.folder / "airflow_settings.yaml").read_text())["airflow"]
    for pool in settings["pools"]:
        assert airflow.api.get(f"pools/{pool['pool_name']}")["slots"] == pool["pool_slot"]
    for variable in settings["variables"]:
        found = airflow.api.get(f"variables/{variable['variable_name']}")
        assert found["value"] == str(variable["variable_value"])
    for connection in settings["connections"]:
        found = airflow.api.get(f"connections/{connection['conn_id']}")
        assert found["conn_type"] == connection["conn_type"]


def test_nothing_in_dags_is_broken(airflow: AirflowWithRun) -> None:
    assert airflow.api.get("importErrors")["import_errors"] == []
