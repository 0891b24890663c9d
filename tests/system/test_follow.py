"""How script/start tells a run that fails, and what it makes of airflow_settings.yaml."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from script.local_airflow import settings_file
from script.local_airflow.follow import follow
from tests.system.conftest import AirflowWithRun

SETTINGS = """
airflow:
  pools:
    - {pool_name: narrow, pool_slot: %d, pool_description: a test}
    - {pool_name: , pool_slot: , pool_description: }
  variables:
    - {variable_name: a_test/variable, variable_value: %d}
  connections:
    - {conn_id: by_parts, conn_type: http, conn_host: parts.test, conn_port: %d,
       conn_extra: {timeout: 3}}
    - {conn_id: by_uri, conn_uri: "postgres://me@uri.test:%d/db?sslmode=off"}
    - {conn_id: , conn_type: , conn_extra: {example_extra_field: example-value}}
"""


def test_a_failure_names_task_exception_and_log(airflow: AirflowWithRun) -> None:
    run_id = airflow.trigger("failing")
    told = StringIO()
    console = Console(file=told, width=300)
    assert not follow(airflow.server, airflow.api, "failing", run_id, console)

    lines = [line.split(maxsplit=2) for line in told.getvalue().splitlines()]
    first, _, first_log, again, second, exception, second_log = lines
    assert first[:2] == ["↻", "breaks"]
    assert " ".join(again) == "it is tried again; this was attempt 1"
    assert second[:2] == ["✗", "breaks"]
    assert " ".join(exception) == "RuntimeError: seven is no number and never was"
    for log, attempt in ((first_log, 1), (second_log, 2)):
        assert log[1].endswith(f"task_id=breaks/attempt={attempt}.log")
        assert (airflow.folder / log[1]).is_file()


@pytest.mark.parametrize("number", [1, 2], ids=["created", "then changed"])
def test_the_settings_file_is_applied(airflow: AirflowWithRun, tmp_path: Path, number: int) -> None:
    file = tmp_path / "airflow_settings.yaml"
    file.write_text(SETTINGS.replace("%d", str(number)))
    settings_file.apply(settings_file.read(file), airflow.api)

    assert airflow.api.get("pools/narrow")["slots"] == number
    assert airflow.api.get("variables/a_test%2Fvariable")["value"] == str(number)
    parts = airflow.api.get("connections/by_parts")
    assert (parts["host"], parts["port"], parts["extra"]) == (
        "parts.test",
        number,
        '{"timeout": 3}',
    )
    uri = airflow.api.get("connections/by_uri")
    assert (uri["conn_type"], uri["login"], uri["host"], uri["port"], uri["schema"]) == (
        "postgres",
        "me",
        "uri.test",
        number,
        "db",
    )
    assert uri["extra"] == '{"sslmode": "off"}'
