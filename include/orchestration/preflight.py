"""What a deployment must have before anything is done: places that all of its workers share."""

from __future__ import annotations

import os

from airflow.configuration import conf

from include.gmm.errors import InputError
from include.gmm.store import SETTING, is_local
from include.orchestration import warehouse

SHARED_DISK = "GMM_SHARED_DISK"  # says that a volume in working_data is every worker's


def demand_common_places() -> None:
    """Raise InputError where store or warehouse are on a disk that other workers do not have."""
    if _said(SHARED_DISK) or not (why := _no_common_disk()):
        return
    missing = []
    if is_local():
        missing.append(f"the models (set {SETTING} to a bucket, such as s3://my_aws@bucket/gmm)")
    if not warehouse.many_writers():
        missing.append(
            f"the warehouse (make a connection {warehouse.DEFAULT!r} of a PostgreSQL database)"
        )
    if missing:
        raise InputError(
            f"{why}, and this disk has {' and '.join(missing)}. docs/deploying.md has the steps. "
            f"Where working_data is a volume that every worker mounts, set {SHARED_DISK}=true"
        )


def _no_common_disk() -> str:
    """Why workers have no disk in common, or nothing."""
    if os.environ.get("ASTRONOMER_ENVIRONMENT") == "cloud":
        return "on Astro, workers share no disk and lose theirs with every deploy"
    executors = conf.get("core", "executor")
    if executors == "LocalExecutor":
        return ""
    return f"workers of the {executors} share no disk"


def _said(setting: str) -> bool:
    return os.environ.get(setting, "").strip().lower() in ("1", "true", "yes", "on")
