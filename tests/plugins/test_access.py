"""Who gets an answer from the tab, and what every answer tells the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.core_api import security
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from plugins.gmm_summaries.access import LOGGED_IN, MAY_READ_RUN
from plugins.gmm_summaries.app import app
from tests.plugins.examples import example

Client = Callable[[str | None], TestClient]
Run = Callable[..., str]

ADDRESSES = [
    "/gmm/static/page.css",
    "/gmm/static/theme.js",
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
    task = "load_model_and_evaluate"
    page = run("success", {task: "success"}, {task: example().model_dump(mode="json")})
    for route in ("clusters", "summary.json", "charts/bic.light.svg"):
        answer = client("").get(f"{page}/{route}")
        assert answer.status_code == 403
        assert "segments" not in answer.text


@pytest.mark.parametrize("entity", ["XCOM", "RUN", "TASK_INSTANCE"])
def test_who_may_not_read_a_part_of_that_very_dag_does_not_see_the_whole(
    client: Client, run: Run, monkeypatch: pytest.MonkeyPatch, entity: str
) -> None:
    def is_authorized_dag(_: SimpleAuthManager, **asked: Any) -> bool:
        refused = (asked["access_entity"].name, asked["details"].id) == (entity, "customers_train")
        return asked["method"] == "GET" and not refused

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized_dag)
    task = "load_model_and_evaluate"
    for dag_id, status in (("customers_train", 403), ("other", 200)):
        value = example().model_dump(mode="json")
        page = run("success", {task: "success"}, {task: value}, dag_id=dag_id)
        for route in ("clusters", "summary.json", "charts/bic.light.svg"):
            assert client("viewer").get(f"{page}/{route}").status_code == status


def test_a_session_that_ended_is_explained_in_the_tab(client: Client) -> None:
    answer = client(None).get("/gmm/customers_train/some_run/clusters")
    assert "Reload the whole page to log in again" in answer.text


@pytest.mark.parametrize("role", [None, "viewer"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_each_answer_forbids_the_browser_what_the_page_does_not_need(
    client: Client, role: str | None, address: str
) -> None:
    headers = client(role).get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["../app.py", "..%2Fapp.py", "%2e%2e%2fapp.py", "page.css%00"])
def test_static_files_are_those_two_and_no_others(client: Client, name: str) -> None:
    assert client("viewer").get(f"/gmm/static/{name}").status_code == 404
