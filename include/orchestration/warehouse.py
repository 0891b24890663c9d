"""The warehouse of a deployment: by an Airflow connection, for dbt and Python alike, or DuckDB."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowNotFoundException

from include.gmm.errors import InputError
from include.gmm.warehouse import Warehouse, local, warehouse_of

if TYPE_CHECKING:
    from cosmos import ProfileConfig
    from cosmos.profiles import BaseProfileMapping

CONNECTION = "GMM_WAREHOUSE"  # the setting that names the connection
DEFAULT = "warehouse"
SCHEMA = "GMM_WAREHOUSE_SCHEMA"  # the one in which dbt builds
PROFILE = "segments"  # as dbt_project.yml calls it
RETRIES = 6  # of dbt when it connects, with growing pauses: a minute and a half in all


def configured() -> Warehouse:
    """The warehouse of Airflow's connection, or the DuckDB file where there is none.

    Raises InputError for a connection that cannot be used, or is named and not there.
    """
    mapping = _mapping()
    if mapping is None:
        return local()
    secrets = {field: mapping.get_dbt_value(field) for field in mapping.secret_fields}
    return warehouse_of({**mapping.profile, **secrets})


def profile_config(project: Path) -> ProfileConfig:
    """How dbt reaches the same warehouse; `project` has a profiles.yml with the DuckDB file."""
    from cosmos import ProfileConfig

    mapping = _mapping()
    if mapping is None:
        return ProfileConfig(
            profile_name=PROFILE,
            target_name="local",
            profiles_yml_filepath=project / "profiles.yml",
        )
    return ProfileConfig(profile_name=PROFILE, target_name="deployment", profile_mapping=mapping)


def many_writers() -> bool:
    """Whether several tasks can write to the warehouse at the same time."""
    return _mapping() is not None


def demand_shared_disk(_: Any) -> None:
    """Fail a dbt task that would make a new DuckDB file where load_data has left none."""
    configured().demand()


def _mapping() -> BaseProfileMapping | None:
    """How dbt's profile is made of the connection, if there is one; it is looked up once."""
    from cosmos.profiles import PostgresUserPasswordProfileMapping

    named = os.environ.get(CONNECTION, "").strip()
    mapping = PostgresUserPasswordProfileMapping(
        named or DEFAULT,
        {
            "schema": os.environ.get(SCHEMA, "").strip() or "main",
            "threads": 4,
            "retries": RETRIES,
        },
    )
    try:
        usable = mapping.can_claim_connection()
    except AirflowNotFoundException:
        if named:
            raise InputError(
                f"{CONNECTION}: there is no connection {named!r}; make it, or leave the setting out"
            ) from None
        return None
    if not usable:
        raise InputError(
            f"connection {mapping.conn_id!r}: no dbt profile can be made of it; check its type, "
            "and that host, login, password and database (schema) are filled in"
        )
    return mapping
