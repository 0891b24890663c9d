"""The dbt project as a group of Airflow tasks, one per model, through Cosmos."""

from __future__ import annotations

import os

# Cosmos reports usage unless told otherwise, and reads this when it is imported.
os.environ.setdefault("AIRFLOW__COSMOS__ENABLE_TELEMETRY", "False")

from cosmos import DbtTaskGroup, ExecutionConfig, ProjectConfig, RenderConfig
from cosmos.constants import ExecutionMode, InvocationMode, LoadMode, TestBehavior
from cosmos.constants import TestIndirectSelection as IndirectSelection

from include.gmm.errors import InputError
from include.gmm.settings import DBT_PROJECT, WAREHOUSE
from include.orchestration import warehouse
from include.orchestration.dbt_project import DbtProject
from include.orchestration.staging import staged


def dbt_models(group_id: str, model: str, setting: str) -> DbtTaskGroup:
    """Tasks that build `model` and all that it depends on, each followed by its own dbt tests.

    A task is `dbt build` of one model: unit tests, the model, data tests. A test that fails stops
    what comes after. A test on several models runs once they are all there (BUILDABLE). Raises
    InputError, with the setting that names the model, when it is not there or a file that it needs
    cannot be read.
    """
    try:
        project = staged(DbtProject(DBT_PROJECT).needed(model))
    except InputError as error:
        raise InputError(f"{setting}: {error}") from error
    return DbtTaskGroup(
        group_id=group_id,
        project_config=ProjectConfig(
            dbt_project_path=project,
            env_vars={"GMM_DUCKDB": str(WAREHOUSE)},
            install_dbt_deps=False,
        ),
        profile_config=warehouse.profile_config(project),
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.LOCAL,
            invocation_mode=InvocationMode.DBT_RUNNER,
            test_indirect_selection=IndirectSelection.BUILDABLE,
        ),
        render_config=RenderConfig(
            # Reads the SQL files themselves: no manifest that could be missing or stale, and a
            # new model is seen wherever the file is, in the image as in a folder mounted over it.
            # Cosmos 2 will drop this mode; a manifest made by script/start and the image then.
            load_method=LoadMode.CUSTOM,
            select=[f"+{model}"],
            test_behavior=TestBehavior.BUILD,
            emit_datasets=False,  # their addresses would differ from host to container
        ),
        operator_args={
            "retries": 1,  # a failed data test fails again: say so soon
            "pre_execute": warehouse.demand_shared_disk,
        },
    )
