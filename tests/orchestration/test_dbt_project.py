"""What a model needs of the dbt project, and which files may be broken without harm to it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("airflow", reason="needs Airflow")
from include.gmm import settings
from include.gmm.errors import InputError
from include.gmm.warehouse import local
from include.orchestration.dbt_project import DbtProject
from include.orchestration.staging import UNUSED_AFTER, staged

SHIPPED = {
    "dbt_project.yml",
    "profiles.yml",
    "macros/rounded.sql",
    "models/features/customer_features.sql",
    "models/features/customer_orders.sql",
    "models/features/features.yml",
    "models/staging/sources.yml",
    "models/staging/staging.yml",
    "models/staging/stg_purchases.sql",
    "tests/generic/in_range.sql",
    "tests/generic/unique_together.sql",
    "tests/totals_reconcile.sql",
}
ORDERS = "models/features/customer_orders.sql"
HALF_SQL = "select * from {{ ref('stg_purchases"
HALF_SOURCE = "sources:\n  - name: raw\n    tables:\n      - name: purchases\n  x"
HALF_COLUMN = "models:\n  - name: other\n    columns:\n      - name: orders: 1"
HALF_YML = "version: 2\nmodels:\n  - name: {name}\n    columns: [\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the shipped project."""
    unwanted = shutil.ignore_patterns("target", "logs", ".user.yml")
    return shutil.copytree(settings.DBT_PROJECT, tmp_path / "dbt", ignore=unwanted)


def put(project: Path, name: str, text: str) -> None:
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def needed(project: Path, model: str = "customer_features") -> dict[str, str]:
    return {name: text.decode() for name, text in DbtProject(project).needed(model).items()}


def test_the_features_need_what_is_before_them_with_its_tests(project: Path) -> None:
    assert set(needed(project)) == SHIPPED


def test_files_of_models_are_as_they_were(project: Path) -> None:
    for name, text in needed(project).items():
        if not name.endswith(".yml"):
            assert text == (project / name).read_text()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("models/other.sql", HALF_SQL),
        ("models/other.sql", "{{ ref('nothing') }}"),
        ("models/other.sql", "{% if %}"),
        ("models/other.sql", ""),
        ("models/other.py", "def model(dbt, session:"),
        ("models/twice/customer_segments.sql", "select 1"),
        ("models/other.yml", HALF_YML.format(name="other")),
        ("models/other.yml", "models: 5"),
        ("models/other.yml", "models: [{ description: of nothing }]"),
        ("models/other.yml", "- a\n- b\n"),
        ("models/other.yml", "models: [{ name: other, data_tests: [no_such_test] }]"),
        ("models/other.yml", "unit_tests: [{ name: one, model: nothing, given: [] }]"),
        ("models/other.yml", "sources: [{ name: raw, tables: [{ name: other }] }]"),
        (
            "models/features/half.yml",
            HALF_COLUMN,
        ),
        ("models/deep.yml", "[" * 5000),
        ("tests/other.sql", "select * from {{ ref('nothing') }}"),
        ("tests/other.sql", "select * from {{ ref('customer_segments') }} {% endif %}"),
        ("tests/generic/other.sql", "{% test other(model) %} select"),
        ("macros/other.sql", "{% macro other() %} {{ "),
        ("macros/twice.sql", "{% macro x() %}{% endmacro %}{% macro x() %}{% endmacro %}"),
        ("seeds/other.csv", "\0"),
        ("snapshots/other.sql", "{% snapshot other %} {{ "),
    ],
)
def test_a_broken_file_hurts_nobody_who_does_not_need_it(
    project: Path, name: str, text: str
) -> None:
    before = needed(project)
    put(project, name, text)
    after = needed(project)
    assert {file: after[file] for file in before} == before
    assert name not in after


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            ORDERS,
            HALF_SQL,
            r"customer_orders.sql: line 1",
        ),
        (ORDERS, "\n\n{% if %}", "customer_orders.sql: line 3: "),
        (ORDERS, " \n", "customer_orders.sql: the file is empty"),
        (
            ORDERS,
            "select * from {{ ref('stg_purchase') }}",
            r"customer_orders.sql: ref\('stg_purchase'\): there is no such dbt model",
        ),
        (
            ORDERS,
            "select * from {{ source('raw', 'purchase') }}",
            r"no .yml file describes source\('raw', 'purchase'\)",
        ),
        ("models/twice/stg_purchases.sql", "select 1", "are both the dbt model"),
        (
            "models/features/features.yml",
            HALF_YML.format(name="customer_orders"),
            "features.yml: line",
        ),
        (
            "models/staging/sources.yml",
            HALF_SOURCE,
            "sources.yml: line",
        ),
        (
            "models/again.yml",
            "models: [{ name: customer_orders }]",
            "both describe",
        ),
        ("tests/generic/in_range.sql", "{% test in_range(model) %} select", "in_range.sql: line 1"),
        (
            "macros/in_range.sql",
            "{% test in_range(model) %}{% endtest %}",
            "both define",
        ),
        (
            "tests/totals_reconcile.sql",
            "select {{ ref('stg_purchases') }} {% if",
            "totals_reconcile.sql: line",
        ),
        ("dbt_project.yml", "name: [", "dbt_project.yml: line 1"),
        ("profiles.yml", "a: 1\na: 2", "profiles.yml: line 2: the key a is there already"),
    ],
)
def test_a_broken_file_that_is_needed_is_named(
    project: Path, name: str, text: str, told: str
) -> None:
    put(project, name, text)
    with pytest.raises(InputError, match=told) as refused:
        needed(project)
    assert "include/dbt/" in str(refused.value) or "source(" in str(refused.value)


def test_a_model_that_is_not_there_is_refused_with_those_that_are(project: Path) -> None:
    with pytest.raises(InputError, match="no dbt model 'shops'; there are customer_features, cust"):
        needed(project, "shops")


def test_every_broken_file_is_told_in_order(project: Path) -> None:
    put(project, "models/b.sql", HALF_SQL)
    put(project, "models/a.yml", "a: [")
    put(project, "macros/m.sql", "{% macro m() %}")
    told = DbtProject(project).faults()
    files = ["include/dbt/macros/m.sql", "include/dbt/models/a.yml", "include/dbt/models/b.sql"]
    assert [line.partition(": ")[0] for line in told] == files


def test_a_macro_brings_what_it_calls_and_refers_to(project: Path) -> None:
    put(project, "macros/a.sql", "{% macro outer() %}{{ inner() }}{% endmacro %}")
    put(project, "macros/b.sql", "{% macro inner() %}{{ ref('below') }}{% endmacro %}")
    put(project, "models/below.sql", "select 1 as a")
    put(project, "models/top.sql", "select * from {{ outer() }}")
    assert {"models/below.sql", "macros/a.sql", "macros/b.sql"} <= needed(project, "top").keys()
    put(project, "macros/b.sql", "{% macro inner() %}{{ ref('below'")
    with pytest.raises(InputError, match=r"macros/b\.sql: line 1"):
        needed(project, "top")


def test_a_ref_that_is_computed_brings_the_models_that_are_mentioned(project: Path) -> None:
    put(project, "models/below.sql", "select 1 as a")
    put(project, "models/top.sql", "select * from {{ ref(var('input', 'below')) }}")
    assert "models/below.sql" in needed(project, "top")


def test_versions_seeds_and_snapshots_are_found(project: Path) -> None:
    put(project, "models/v_v1.sql", "select 1 as a")
    put(project, "models/v_v2.sql", "select * from {{ ref('countries') }}")
    put(project, "seeds/countries.csv", "a\n1\n")
    put(
        project,
        "snapshots/s.sql",
        "{% snapshot kept %} select 1 {% endsnapshot %}",
    )
    put(project, "models/top.sql", "select * from {{ ref('v', v=1) }}, {{ ref('kept') }}")
    found = needed(project, "top")
    assert {"models/v_v1.sql", "models/v_v2.sql", "seeds/countries.csv", "snapshots/s.sql"} <= (
        found.keys()
    )


def test_a_data_test_that_needs_another_model_is_left_out(project: Path) -> None:
    relation = "{ relationships: { arguments: { to: ref('segment_sizes_by_week'), field: week } } }"
    put(project, "models/top.sql", "select 1 as week")
    put(
        project,
        "models/top.yml",
        f"models: [{{ name: top, columns: [{{ name: week, data_tests: [unique, {relation}] }}] }}]",
    )
    said = needed(project, "top")["models/top.yml"]
    assert "unique" in said
    assert "relationships" not in said


def test_a_section_that_says_nothing_is_none(project: Path) -> None:
    put(project, "models/top.sql", "select 1 as week")
    put(
        project,
        "models/top.yml",
        "models: [{ name: top, columns: , config: , data_tests: }]\nseeds:",
    )
    assert needed(project, "top")["models/top.yml"] == "models:\n- name: top\n"


def test_columns_that_are_none_are_refused_where_they_are_needed(project: Path) -> None:
    put(project, "models/top.sql", "select 1 as week")
    put(project, "models/top.yml", "models:\n  - name: top\n    columns: [week]\n")
    assert needed(project)
    with pytest.raises(InputError, match=r"top.yml: models.0.columns: must be a list of mappings"):
        needed(project, "top")


def test_files_of_an_editor_are_none(project: Path) -> None:
    before = needed(project)
    for name in ("models/.#other.sql", "models/~other.sql", "models/staging/.stg.sql.swp"):
        put(project, name, HALF_SQL)
    assert needed(project) == before
    assert not DbtProject(project).faults()


def test_the_same_files_have_one_folder_and_others_another(tmp_path: Path) -> None:
    first = staged({"a.sql": b"1", "b/c.sql": b"2"}, tmp_path)
    assert staged({"b/c.sql": b"2", "a.sql": b"1"}, tmp_path) == first
    assert staged({"a.sql": b"1", "b/c.sql": b"3"}, tmp_path) != first
    assert (first / "b" / "c.sql").read_bytes() == b"2"
    assert len(list(tmp_path.iterdir())) == 2, "no drafts are left"


def test_folders_that_nobody_uses_any_more_are_removed(tmp_path: Path) -> None:
    old, used = staged({"a.sql": b"1"}, tmp_path), staged({"a.sql": b"2"}, tmp_path)
    for folder in (old, used):
        past = folder.stat().st_mtime - UNUSED_AFTER - 60
        os.utime(folder.parent, (past, past))
    staged({"a.sql": b"2"}, tmp_path)
    new = staged({"a.sql": b"3"}, tmp_path)
    assert not old.exists()
    assert used.exists()
    assert new.exists()


def test_dbt_builds_what_was_put_aside_whatever_is_beside_it(project: Path, tmp_path: Path) -> None:
    put(project, "models/broken.sql", HALF_SQL)
    put(project, "models/broken.yml", "models: [")
    folder = staged(DbtProject(project).needed("stg_purchases"), tmp_path / "stages")
    path = tmp_path / "warehouse.duckdb"
    local(path).load(settings.find("customers").source)
    done = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "build", "--profiles-dir", "."],
        env={
            **os.environ,
            "GMM_DUCKDB": str(path),
            "DBT_TARGET_PATH": str(tmp_path / "target"),
            "DBT_LOG_PATH": str(tmp_path / "logs"),
        },
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout
    assert "PASS=8 WARN=0 ERROR=0" in done.stdout, "the view and seven tests"
