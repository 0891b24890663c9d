"""Airflow's own SmtpNotifier, as a segmentation file names it, with a mail server that is there,
is not there, or says nothing.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

pytest.importorskip("airflow", reason="needs Airflow")
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from airflow.sdk.api.datamodels._generated import DagRun, DagRunState, DagRunType, TIRunContext
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from include.gmm import settings
from include.gmm.operation import Event
from include.gmm.settings import Segmentation
from include.orchestration import notifications
from include.orchestration.dag_defaults import dag_defaults
from include.orchestration.notifications import faults, on_failure, tell
from tests.orchestration.mail_server import MailServer, mail_server, text_of

SENTENCE = "orders: index 0.31, above 0.25 & rising."
NOTIFICATIONS = """
notifications:
  - notifier: airflow.providers.smtp.notifications.smtp.SmtpNotifier
    events: [failure, drift, promotion]
    arguments:
      from_email: airflow@shop.test
      to: [analysts@shop.test, "{{ segmentation }}@shop.test"]
      subject: "{{ segmentation }}: {{ event }}"
      html_content: "<p>{{ sentence | e }}</p> <p>{{ ti.task_id }} of {{ run_id }}</p>"
"""


def from_file(folder: Path, notifications: str = NOTIFICATIONS) -> Segmentation:
    """The shipped segmentation with these lines at its end."""
    file = folder / "customers.yaml"
    file.write_text((settings.SEGMENTATIONS / file.name).read_text() + notifications)
    return settings.load(file)


def context_of(segmentation: Segmentation, task_id: str) -> Any:
    """What Airflow's task runner hands to the task and to its callbacks."""
    now, dag_id, run_id = datetime.now(UTC), f"{segmentation.name}_train", "manual__2026"
    with DAG(dag_id, schedule=None, **dag_defaults(segmentation)):
        task = EmptyOperator(task_id=task_id)
    run = DagRun(
        dag_id=dag_id,
        run_id=run_id,
        logical_date=now,
        data_interval_start=now,
        data_interval_end=now,
        run_after=now,
        start_date=now,
        end_date=None,
        run_type=DagRunType.MANUAL,
        state=DagRunState.RUNNING,
        consumed_asset_events=[],
        partition_key=None,
    )
    instance = RuntimeTaskInstance.model_construct(
        id=uuid4(),
        task_id=task_id,
        dag_id=dag_id,
        run_id=run_id,
        try_number=1,
        map_index=-1,
        task=task,
        state="running",
        start_date=now,
        _ti_context_from_server=TIRunContext(dag_run=run, max_tries=2),
    )
    return instance.get_template_context()


def connect(monkeypatch: pytest.MonkeyPatch, port: int, **extra: Any) -> None:
    plain = {"disable_ssl": True, "disable_tls": True, **extra}
    connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": plain}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as server:
        connect(monkeypatch, server.port)
        yield server


@pytest.mark.parametrize("event", ["drift", "promotion"])
def test_a_mail_arrives_with_its_templates_filled_in(
    server: MailServer, tmp_path: Path, event: Event
) -> None:
    segmentation = from_file(tmp_path)
    tell(segmentation, event, context_of(segmentation, "promote_model"), SENTENCE)
    (mail,) = server.mails
    assert mail["Subject"] == f"customers: {event}"
    assert mail["From"] == "airflow@shop.test"
    assert server.recipients == ["analysts@shop.test", "customers@shop.test"]
    written = "orders: index 0.31, above 0.25 &amp; rising."
    assert text_of(mail) == f"<p>{written}</p> <p>promote_model of manual__2026</p>"


def test_the_callback_of_every_task_mails_its_failure(server: MailServer, tmp_path: Path) -> None:
    segmentation = from_file(tmp_path)
    context = context_of(segmentation, "load_data")
    for callback in context["task"].on_failure_callback:
        callback(context)
    (mail,) = server.mails
    assert mail["Subject"] == "customers: failure"
    assert "customers_train: task load_data failed." in text_of(mail)


def test_a_server_that_is_down_is_logged_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        connect(monkeypatch, taken.getsockname()[1])
        segmentation = from_file(tmp_path)
        on_failure(segmentation)(context_of(segmentation, "load_data"))
    assert "SmtpNotifier could not tell of failure" in caplog.text
    assert "Connection refused" in caplog.text
    assert "It took longer" not in caplog.text


def test_a_server_that_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(notifications, "PATIENCE", 2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        connect(monkeypatch, mute.getsockname()[1], timeout=1)  # it would try for 6 seconds
        segmentation = from_file(tmp_path)
        tell(segmentation, "drift", context_of(segmentation, "measure_drift"), SENTENCE)
    assert "SmtpNotifier could not tell of drift" in caplog.text
    assert "It took longer than 2 s" in caplog.text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("to: a@shop.test, colour: red", "'colour'"),
        ("subject: Hello", "'to'"),
        ("to: a@shop.test, subject: '{{ sentence }'", "unexpected '}'"),
        ("to: a@shop.test, cc: ['{{ sentence | shout }}']", "No filter named 'shout'"),
        ("to: a@shop.test, template: no_such.html", "no_such.html"),
    ],
)
def test_wrong_arguments_are_a_fault_of_the_file(tmp_path: Path, wrong: str, told: str) -> None:
    head = NOTIFICATIONS.split("arguments:")[0]
    (fault,) = faults(from_file(tmp_path, f"{head}arguments: {{ {wrong} }}\n"))
    assert "customers.yaml: notifications.0: airflow.providers.smtp" in str(fault)
    assert told in str(fault)


def test_the_example_of_the_readme_is_mailed(server: MailServer, tmp_path: Path) -> None:
    readme = settings.PROJECT / "README.md"
    if not readme.is_file():
        pytest.skip("README.md is not in the image")
    example = readme.read_text().split("```yaml\nnotifications:")[1].split("```")[0]
    segmentation = from_file(tmp_path, f"\nnotifications:{example}")
    assert faults(segmentation) == []
    tell(segmentation, "drift", context_of(segmentation, "measure_drift"), SENTENCE)
    (mail,) = server.mails
    assert mail["Subject"] == "customers: drift"
    assert "/dags/customers_train/runs/manual__2026/tasks/measure_drift" in text_of(mail)
