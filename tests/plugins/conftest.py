"""A real metadata database and real logins for the tab, in this process."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

pytest.importorskip("airflow")

from airflow import sdk, settings
from airflow.api_fastapi import app as airflow_api
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.models import import_all_models
from airflow.models.asset import AssetEvent, AssetModel
from airflow.models.base import Base
from airflow.models.dag import DagModel
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagrun import DagRun
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.serialization.serialized_objects import LazyDeserializedDAG
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunType
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete, insert, select

from include.gmm.promotion_record import Promoted
from include.gmm.summary import Summary
from plugins.gmm_summaries.app import app
from plugins.gmm_summaries.dags import TRAINING
from plugins.gmm_summaries.states import PROMOTION
from tests.gmm.page.examples import example

DAY = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)  # of the first run
BASE = "http://airflow.test/some/base/path"


@pytest.fixture(scope="session")
def metadata_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Airflow's own tables in a fresh SQLite file, which Airflow's own sessions use."""
    path = tmp_path_factory.mktemp("metadata") / "airflow.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "SQL_ALCHEMY_CONN", f"sqlite:///{path}")
        patch.setattr(settings, "SQL_ALCHEMY_CONN_ASYNC", f"sqlite+aiosqlite:///{path}")
        settings.dispose_orm(do_log=False)
        settings.configure_orm()  # type: ignore[no-untyped-call]
        import_all_models()  # type: ignore[no-untyped-call]
        Base.metadata.create_all(settings.engine)
        yield
        settings.dispose_orm(do_log=False)
    settings.configure_orm()  # type: ignore[no-untyped-call]


@pytest.fixture
def client(
    metadata_database: None, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str | None], TestClient]:
    """A browser, logged in with that role of Airflow's SimpleAuthManager; without one, with None.

    The tab hangs where Airflow hangs it, under a base path.
    """
    manager = SimpleAuthManager()  # type: ignore[no-untyped-call]
    monkeypatch.setattr(airflow_api._AuthManagerState, "instance", manager)
    airflow = FastAPI(root_path="/some/base/path")
    airflow.mount("/gmm", app)

    def browser(role: str | None) -> TestClient:
        made = TestClient(airflow, base_url=BASE, follow_redirects=False)
        if role is not None:
            user = SimpleAuthManagerUser(username="someone", role=role)
            made.cookies.set("_token", manager.generate_jwt(user))
        return made

    return browser


@pytest.fixture
def run(metadata_database: None) -> Callable[..., str]:
    """Puts a run into the database and gives the address of its pages.

    `tasks` maps each task to its state, and `ended` to when it ended; "task[3]" is the instance 3
    of a mapped task. `returned` maps tasks to what they returned, at the moment `decided`.
    """

    def make(
        state: str,
        tasks: dict[str, str | None],
        returned: dict[str, Any] | None = None,
        dag_id: str = "customers_train",
        run_id: str | None = None,
        date: datetime | None = None,
        ended: dict[str, datetime] | None = None,
        decided: datetime | None = None,
    ) -> str:
        run_id = run_id or f"run_{uuid.uuid4().hex}"
        with create_session() as session:
            dag_run = DagRun(
                dag_id=dag_id,
                run_id=run_id,
                run_type=DagRunType.MANUAL,
                run_after=date or datetime.now(UTC),
                state=DagRunState(state),
            )
            session.add(dag_run)
            session.flush()
            for name, task_state in tasks.items():
                task_id, _, instance = name.rstrip("]").partition("[")
                session.execute(
                    insert(TaskInstance).values(
                        id=uuid.uuid4(),
                        dag_id=dag_id,
                        run_id=run_id,
                        task_id=task_id,
                        map_index=int(instance or -1),
                        state=task_state,
                        end_date=(ended or {}).get(name),
                        pool="default_pool",
                        pool_slots=1,
                    )
                )
            for task_id, value in (returned or {}).items():
                session.add(
                    XComModel(
                        dag_run_id=dag_run.id,
                        dag_id=dag_id,
                        run_id=run_id,
                        task_id=task_id,
                        map_index=-1,
                        key="return_value",
                        value=value,
                        timestamp=decided or datetime.now(UTC),
                    )
                )
        return f"/gmm/{dag_id}/{quote(run_id, safe='')}"

    return make


@pytest.fixture
def dag_id() -> str:
    """A DAG of which no other test has runs."""
    return f"dag_{uuid.uuid4().hex}_train"


@pytest.fixture
def appointed(metadata_database: None) -> Callable[..., None]:
    """Puts an event of the champion's Asset of a training DAG into the database."""

    def make(
        dag_id: str,
        run_id: str,
        version: str,
        serial: int,
        actor: str,
        cause: str,
        at: datetime,
        by: str | None = None,
    ) -> None:
        name = f"{dag_id.removesuffix('_train')}_champion"
        record = {
            "serial": serial,
            "reference": {"version": version, "segmentation": "of no matter"},
            "cause": cause,
            "actor": actor,
            "appointed_at": at.isoformat(),
        }
        with create_session() as session:
            asset = session.scalar(select(AssetModel).where(AssetModel.name == name))
            if asset is None:
                asset = AssetModel(name=name, uri=f"gmm://{name}", group="gmm")
                session.add(asset)
                session.flush()
            session.add(
                AssetEvent(
                    asset_id=asset.id,
                    extra=record,
                    source_dag_id=by or dag_id,
                    source_run_id=run_id,
                    source_map_index=-1,
                    timestamp=at,
                )
            )

    return make


@pytest.fixture
def trained(
    run: Callable[..., str], appointed: Callable[..., None], dag_id: str
) -> Callable[..., str]:
    """Puts a run with a summary into the database, so many days after the first; gives its id.

    With what became of its version, where that is given; the decision was made an hour later.
    """

    known = 0  # serial of the champion that Airflow knows

    def make(days: int = 0, summary: Summary | None = None, outcome: Any = None) -> str:
        nonlocal known
        run_id = f"manual__{days}+00:00"
        returned = {TRAINING.task_id: (summary or example()).model_dump(mode="json")}
        if outcome is not None:
            told = outcome.model_dump(mode="json") if isinstance(outcome, Promoted) else outcome
            returned[PROMOTION] = told
        date = DAY + timedelta(days=days)
        tasks: dict[str, str | None] = dict.fromkeys(returned, "success")
        decided = date + timedelta(hours=1)
        run("success", tasks, returned, dag_id, run_id, date, decided=decided)
        if isinstance(outcome, Promoted) and outcome.champion and outcome.serial > known:
            known = outcome.serial
            made = outcome.outcome == "promoted"
            actor = f"{dag_id}, run {run_id}" if made else "somebody at the command line"
            appointed(dag_id, run_id, outcome.champion, outcome.serial, actor, "gates", decided)
        return run_id

    return make


@pytest.fixture
def dag(metadata_database: None) -> Iterator[Callable[..., str]]:
    """Puts a DAG into the database, as the DAG processor does, and gives the id. Takes it away."""
    made = []

    def make(dag_id: str, *tasks: str, description: str = "", stale: bool = False) -> str:
        with sdk.DAG(dag_id) as defined:
            for task_id in tasks:
                EmptyOperator(task_id=task_id)
        with create_session() as session:
            session.merge(DagBundleModel(name="bundle"))
            session.flush()
            session.add(
                DagModel(  # type: ignore[no-untyped-call]
                    dag_id=dag_id, bundle_name="bundle", description=description, is_stale=stale
                )
            )
            session.flush()
            stored = LazyDeserializedDAG.from_dag(defined)
            SerializedDagModel.write_dag(stored, bundle_name="bundle", session=session)
        made.append(dag_id)
        return dag_id

    yield make
    with create_session() as session:
        session.execute(delete(DagModel).where(DagModel.dag_id.in_(made)))


@pytest.fixture
def plugins_folder() -> Path:
    return Path(__file__).parents[2] / "plugins"
