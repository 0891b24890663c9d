"""The dbt project, run by dbt on a real DuckDB warehouse."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from include.gmm import settings
from include.gmm.snapshot import taken
from include.gmm.warehouse import local, warehouse_of
from include.gmm.warehouse.duckdb_file import connected
from tests.gmm.warehouse.servers import PostgresServer, as_target

PROJECT = settings.DBT_PROJECT


def build(
    folder: Path, warehouse: Path | dict[str, str], model: str = "customer_features"
) -> subprocess.CompletedProcess[str]:
    """`dbt build` on a copy of the project, so that nothing is written into this one."""
    project = shutil.copytree(
        PROJECT, folder / "dbt", ignore=shutil.ignore_patterns("target", "logs"), dirs_exist_ok=True
    )
    variables = {"GMM_DUCKDB": str(warehouse)} if isinstance(warehouse, Path) else warehouse
    dbt = [sys.executable, "-m", "dbt.cli.main", "build", "--profiles-dir", str(project)]
    return subprocess.run(
        [*dbt, "--project-dir", str(project), "--select", f"+{model}"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        cwd=folder,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with the shipped purchases, built by dbt with all of its tests."""
    folder = tmp_path_factory.mktemp("built")
    path = folder / "warehouse.duckdb"
    local(path).load(settings.find("customers").source)
    done = build(folder, path)
    assert done.returncode == 0, done.stdout
    assert "unit tests" in done.stdout
    assert "ERROR=0" in done.stdout
    return path


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with connected(path) as connection:
        return connection.execute(sql).fetchall()


def test_there_is_one_row_for_each_of_the_23570_customers(built: Path) -> None:
    assert rows(built, "SELECT count(*), count(DISTINCT customer_id) FROM customer_features") == [
        (23_570, 23_570)
    ]


def test_half_of_the_customers_bought_once(built: Path) -> None:
    sql = "SELECT count(*) FILTER (orders = 1), count(days_between_orders) FROM customer_features"
    once, with_a_gap = rows(built, sql)[0]
    assert once == 12_054
    assert with_a_gap == 23_570 - 12_054


def test_customer_2_has_both_purchases_of_one_day_in_one_order(built: Path) -> None:
    sql = "SELECT * FROM customer_features WHERE customer_id = 2"
    assert rows(built, sql) == [(2, 534, 1, 89, 89.0, 6.0, None)]


@pytest.mark.parametrize(
    ("spoil", "test"),
    [
        ("UPDATE raw.purchases SET dollar_value = -5 WHERE customer_id = 7", "in_range"),
        ("UPDATE raw.purchases SET date = '20990101' WHERE customer_id = 7", "in_range"),
        ("UPDATE raw.purchases SET customer_id = NULL WHERE customer_id = 7", "not_null"),
    ],
    ids=["negative amount", "in the future", "no customer"],
)
def test_bad_purchases_stop_the_build_before_the_features(
    built: Path, tmp_path: Path, spoil: str, test: str
) -> None:
    path = tmp_path / "warehouse.duckdb"
    local(path).load(settings.find("customers").source)
    with connected(path) as connection:
        connection.execute(spoil)
    done = build(tmp_path, path)
    assert done.returncode == 1
    assert f"Failure in test {test}_stg_purchases" in done.stdout
    assert "SKIP relation main.customer_features" in done.stdout


def test_both_databases_build_the_same_features_to_the_last_bit(
    built: Path, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    profile = postgres_server.database()
    server, segmentation = warehouse_of(profile), settings.find("customers")
    server.load(segmentation.source)
    done = build(tmp_path, as_target(profile))
    assert done.returncode == 0, done.stdout
    with (
        taken(segmentation.features, server) as there,
        taken(segmentation.features, local(built)) as here,
    ):
        assert there.sha256 == here.sha256


def test_every_model_and_column_is_described() -> None:
    import yaml

    described = {}
    for file in (PROJECT / "models").rglob("*.yml"):
        for model in yaml.safe_load(file.read_text()).get("models", []):
            described[model["name"]] = model
    names = {file.stem for file in (PROJECT / "models").rglob("*.sql")}
    assert set(described) == names
    for model in described.values():
        assert model["description"]
        assert all(column["description"] for column in model["columns"]), model["name"]


def test_sizes_of_this_week_are_those_of_the_scores_that_are_shown(tmp_path: Path) -> None:
    """A rollback shows an older table again, perhaps of another week: its sizes take the place."""
    path = tmp_path / "warehouse.duckdb"
    scored = {"first": "TIMESTAMP '2026-01-06 10:00:00'", "second": "now()::TIMESTAMP"}
    for version in ("first", "second", "first"):
        rows(
            path,
            "CREATE OR REPLACE VIEW customer_scores AS SELECT 1::BIGINT AS customer_id, "
            "2 AS segment_id, 'Two' AS segment_name, 0.9::FLOAT AS probability, "
            f"0.3::DOUBLE AS entropy, '{version}' AS model_version, "
            f"{scored[version]} AS scored_at, "
            "json_object('2', 0.9) AS probabilities",
        )
        done = build(tmp_path, path, "segment_sizes_by_week")
        assert done.returncode == 0, done.stdout
        sizes = "SELECT week = date_trunc('week', now() AT TIME ZONE 'UTC'), model_version "
        assert rows(path, f"{sizes} FROM segment_sizes_by_week") == [(True, version)]
