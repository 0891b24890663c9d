"""Who gets an answer from the tab, and what every answer tells the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from airflow.api_fastapi import app as airflow_api
from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.core_api import security
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from include.gmm.page import static_files
from plugins.gmm_summaries.access import LOGGED_IN, MAY_READ_RUN
from plugins.gmm_summaries.app import app
from tests.gmm.page.examples import example

Client = Callable[[str | None], TestClient]
Run = Callable[..., str]
TASK = "load_model_and_evaluate"
DENIED = "denied_train"


class DenyingManager(SimpleAuthManager):
    """Denies everything of one DAG, which no role of SimpleAuthManager does."""

    def is_authorized_dag(self, *, details: DagDetails | None = None, **asked: Any) -> bool:
        denied = details is not None and details.id == DENIED
        return not denied and super().is_authorized_dag(details=details, **asked)


@pytest.fixture
def viewer(client: Client, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A viewer who may see all DAGs but one."""
    browser = client("viewer")
    manager = DenyingManager()  # type: ignore[no-untyped-call]
    monkeypatch.setattr(airflow_api._AuthManagerState, "instance", manager)
    return browser


def trained(run: Run, dag_id: str) -> str:
    return run("success", {TASK: "success"}, {TASK: example().model_dump(mode="json")}, dag_id)


ADDRESSES = [
    f"/gmm/{static_files.address('page.css')}",
    f"/gmm/{static_files.address('airflow.js')}",
    "/gmm/static/0/page.css",
    "/gmm/segmentations",
    "/gmm/customers_train/clusters",
    "/gmm/customers_train/compare?left=some_run&right=other_run",
    "/gmm/customers_train/charts/shares.light.json",
    "/gmm/customers_train/charts/shares.no_theme.svg",
    "/gmm/~/clusters",
    "/gmm/customers_monitor/clusters",
    "/gmm/customers_monitor/charts/drift-measures.light.svg",
    "/gmm/customers_monitor/some_run/charts/drift-segments.light.png",
    "/gmm/customers_score/some_run/clusters",
    "/gmm/customers_train/some_run/clusters",
    "/gmm/customers_train/some_run/summary.json",
    "/gmm/customers_train/some_run/charts/bic.light.svg",
    "/gmm/customers_train/some_run/charts/bic.no_theme.svg",
    "/gmm/~/some_run/clusters",
    "/gmm/",
    "/gmm/docs",
    "/gmm/openapi.json",
    "/gmm/customers_train/some_run/clusters/",
    "/gmm/no/such/page",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_without_a_login_nothing_answers(client: Client, address: str) -> None:
    assert client(None).get(address).status_code == 401


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_forged_login_is_no_login(client: Client, address: str) -> None:
    browser = client(None)
    browser.cookies.set("_token", "not.a.token")
    assert browser.get(address).status_code == 403


def test_each_route_of_the_app_asks_for_access() -> None:
    assert all(isinstance(route, APIRoute) for route in app.routes)
    for route in app.routes:
        assert isinstance(route, APIRoute)
        asked = {dependant.call for dependant in route.dependant.dependencies}
        guards = MAY_READ_RUN if "dag_id" in route.param_convertors else LOGGED_IN
        assert asked >= {guard.dependency for guard in guards}, route.path


def test_each_guard_knows_the_user() -> None:
    for route in app.routes:
        assert isinstance(route, APIRoute)
        users = [
            inner.call
            for dependant in route.dependant.dependencies
            for inner in dependant.dependencies
        ]
        assert security.get_user in users, route.path


def test_a_role_that_may_read_nothing_gets_nothing(client: Client, run: Run) -> None:
    page = trained(run, "customers_train")
    for route in ("clusters", "summary.json", "charts/bic.light.svg"):
        answer = client("").get(f"{page}/{route}")
        assert answer.status_code == 403
        assert "segments" not in answer.text


@pytest.mark.parametrize("route", ["clusters", "compare?left=a&right=b", "charts/shares.light.svg"])
def test_who_may_not_read_a_dag_gets_none_of_the_pages_of_its_runs(
    viewer: TestClient, run: Run, route: str
) -> None:
    for dag_id, refused in ((DENIED, True), ("allowed_train", False)):
        trained(run, dag_id)
        answer = viewer.get(f"/gmm/{dag_id}/{route}")
        assert (answer.status_code == 403) is refused


def test_no_query_lends_the_pages_of_a_dag_the_access_to_another(
    viewer: TestClient, run: Run
) -> None:
    trained(run, DENIED)
    assert viewer.get(f"/gmm/{DENIED}/clusters?dag_id=allowed_train").status_code == 403


def test_the_overview_names_the_dags_that_its_reader_may_see_and_no_others(
    viewer: TestClient, run: Run, dag: Callable[..., str]
) -> None:
    for dag_id in (DENIED, "allowed_train"):
        trained(run, dag(dag_id, TASK, description=f"About {dag_id}"))
    answer = viewer.get("/gmm/segmentations")
    assert answer.status_code == 200
    assert "allowed_train" in answer.text
    assert "denied" not in answer.text


@pytest.mark.parametrize("entity", ["XCOM", "RUN", "TASK_INSTANCE"])
def test_who_may_not_read_a_part_of_that_very_dag_does_not_see_the_whole(
    client: Client, run: Run, monkeypatch: pytest.MonkeyPatch, entity: str
) -> None:
    def is_authorized_dag(_: SimpleAuthManager, **asked: Any) -> bool:
        refused = (asked["access_entity"].name, asked["details"].id) == (entity, "customers_train")
        return asked["method"] == "GET" and not refused

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized_dag)
    for dag_id, status in (("customers_train", 403), ("other", 200)):
        page = trained(run, dag_id)
        for address in ("clusters", "summary.json", "charts/bic.light.svg", "../clusters"):
            assert client("viewer").get(f"{page}/{address}").status_code == status


def test_the_overview_links_no_monitor_that_its_reader_may_not_see(
    client: Client, dag: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_authorized_dag(_: SimpleAuthManager, **asked: Any) -> bool:
        return bool(asked["details"].id != "secret_monitor")

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized_dag)
    for name in ("secret", "open"):
        dag(f"{name}_train", TASK)
        dag(f"{name}_monitor", "measure_drift")
    page = client("viewer").get("/gmm/segmentations").text
    assert "secret_train" in page
    assert "open_monitor" in page
    assert "secret_monitor" not in page


@pytest.mark.parametrize("entity", ["XCOM", "RUN", "TASK_INSTANCE"])
def test_the_overview_leaves_out_a_dag_of_which_a_part_may_not_be_read(
    client: Client, run: Run, dag: Callable[..., str], monkeypatch: pytest.MonkeyPatch, entity: str
) -> None:
    def is_authorized_dag(_: SimpleAuthManager, **asked: Any) -> bool:
        return (asked["access_entity"].name, asked["details"].id) != (entity, DENIED)

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized_dag)
    for dag_id in (DENIED, "allowed_train"):
        trained(run, dag(dag_id, TASK))
    answer = client("viewer").get("/gmm/segmentations")
    assert "allowed_train" in answer.text
    assert DENIED not in answer.text


@pytest.mark.parametrize(
    "address",
    ["/gmm/customers_train/some_run/clusters", "/gmm/customers_train/clusters",
     "/gmm/customers_train/compare", "/gmm/segmentations"],
)  # fmt: skip
def test_a_session_that_ended_is_explained_on_each_page_in_its_usual_look(
    client: Client, address: str
) -> None:
    answer = client(None).get(address)
    assert answer.status_code == 401
    assert "Reload the whole page to log in again" in answer.text
    (style,) = re.findall(r'<link rel="stylesheet" href="([^"]*)"', answer.text)
    assert answer.url.join(style).path == f"/some/base/path/gmm/{static_files.address('page.css')}"


def test_a_reader_who_may_not_see_a_dag_is_told_so_in_words(viewer: TestClient) -> None:
    answer = viewer.get(f"/gmm/{DENIED}/clusters")
    assert "Your role may not read the XComs, runs or tasks of this DAG." in answer.text


@pytest.mark.parametrize("role", [None, "viewer"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_each_answer_forbids_the_browser_what_the_page_does_not_need(
    client: Client, role: str | None, address: str
) -> None:
    headers = client(role).get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    kept = "immutable" in headers["cache-control"]
    assert kept or headers["cache-control"] == "no-store"
    assert kept is (role is not None and address in ADDRESSES[:2])


@pytest.mark.parametrize("name", ["../app.py", "..%2Fapp.py", "%2e%2e%2fapp.py", "page.css%00"])
def test_static_files_are_those_of_the_pages_and_no_others(client: Client, name: str) -> None:
    for digest in (static_files.digest("page.css"), "0"):
        assert client("viewer").get(f"/gmm/static/{digest}/{name}").status_code == 404
