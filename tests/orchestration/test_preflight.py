"""Where workers share no disk, nothing begins on one."""

from __future__ import annotations

import json

import pytest

from include.gmm.errors import InputError
from include.orchestration.preflight import demand_common_places
from tests.orchestration.test_warehouse import POSTGRES


def test_one_machine_needs_nothing() -> None:
    demand_common_places()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ASTRONOMER_ENVIRONMENT", "cloud", "on Astro, workers share no disk"),
        ("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor", "workers of the CeleryExecutor share no"),
    ],
)
def test_what_lies_on_a_workers_disk_is_named_with_what_to_set(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=rf"{told}.*GMM_STORE.*a connection 'warehouse'"):
        demand_common_places()
    monkeypatch.setenv("GMM_STORE", "s3://bucket/gmm")
    with pytest.raises(InputError, match=r"this disk has the warehouse \(make"):
        demand_common_places()
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(POSTGRES))
    demand_common_places()


def test_a_volume_that_every_worker_mounts_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("GMM_SHARED_DISK", "true")
    demand_common_places()
