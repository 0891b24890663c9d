"""The tab with a metadata database of its own, in a process of its own.

A kind that tries it is a module with `trials(count, seed)`, which that process calls: Airflow reads
its settings when it is first imported, and nobody else's Airflow may notice.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from script.fault_suite.trial import Outcome, Trial

if TYPE_CHECKING:
    from fastapi import FastAPI
    from sqlalchemy.orm import Session

PROJECT = Path(__file__).parents[2]
ROOT = "/some/base"
DAY = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)


def tried(module: str, count: int, seed: int) -> Iterator[Trial]:
    """What `trials` of that module finds, in a process with an Airflow home that is its own."""
    with tempfile.TemporaryDirectory(prefix="faults-") as home:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")} | {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__DAGS_FOLDER": home,
            "AIRFLOW__CORE__PLUGINS_FOLDER": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
            "PYTHONPATH": str(PROJECT),
        }
        command = [sys.executable, "-m", __name__, module, str(count), str(seed)]
        with subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None  # noqa: S101
            for line in process.stdout:
                found = json.loads(line)
                yield Trial(found["label"], Outcome(found["outcome"]), found["detail"])
    if process.returncode:
        raise RuntimeError(f"{module} ended with status {process.returncode}")


def app() -> FastAPI:
    """The tab where Airflow hangs it, with the tables that it reads."""
    from airflow import settings
    from airflow.models import import_all_models
    from airflow.models.base import Base
    from fastapi import FastAPI

    from plugins.gmm_summaries.app import app as tab

    import_all_models()  # type: ignore[no-untyped-call]
    Base.metadata.create_all(settings.engine)
    airflow = FastAPI(root_path=ROOT)
    airflow.mount("/gmm", tab)
    return airflow


def add_run(session: Session, dag_id: str, run_id: str, returned: dict[str, Any]) -> None:
    """A run whose tasks have returned these values."""
    import uuid

    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType
    from sqlalchemy import insert

    run = DagRun(
        dag_id=dag_id,
        run_id=run_id,
        run_type=DagRunType.MANUAL,
        run_after=DAY,
        state=DagRunState.SUCCESS,
    )
    session.add(run)
    session.flush()
    ids = {"dag_id": dag_id, "run_id": run_id, "map_index": -1}
    for task_id, value in returned.items():
        session.execute(
            insert(TaskInstance).values(
                id=uuid.uuid4(),
                task_id=task_id,
                state="success",
                pool="default_pool",
                pool_slots=1,
                **ids,
            )
        )
        session.add(
            XComModel(
                dag_run_id=run.id,
                task_id=task_id,
                key="return_value",
                value=value,
                timestamp=DAY,
                **ids,
            )
        )


def add_dag(session: Session, dag_id: str) -> None:
    """The DAG, for the pages that list all."""
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel

    session.merge(DagBundleModel(name="bundle"))
    session.flush()
    session.add(
        DagModel(dag_id=dag_id, bundle_name="bundle", is_stale=False)  # type: ignore[no-untyped-call]
    )


def main() -> None:
    """Print each trial as a line of JSON; what Airflow prints goes to stderr."""
    module, count, seed = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    trials = importlib.import_module(module).trials(int(count), int(seed))
    with contextlib.closing(answers):
        for trial in trials:
            print(json.dumps(asdict(trial)), file=answers, flush=True)


if __name__ == "__main__":
    main()
