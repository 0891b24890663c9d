"""Whose requests reach an Airflow in which everybody is an admin."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocket

from plugins.gmm_summaries.own_pages import guarded

HOSTS = "127.0.0.1,localhost,[::1]"
OWN = "127.0.0.1:8080"
A_LINK = {
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
}


async def _let_in(_request: object) -> PlainTextResponse:
    return PlainTextResponse("let in")


async def _connect(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


@pytest.fixture
def client() -> Iterator[TestClient]:
    routes = [Route("/", _let_in, methods=["GET", "POST"]), WebSocketRoute("/live", _connect)]
    with TestClient(guarded(Starlette(routes=routes), HOSTS), f"http://{OWN}") as client:
        yield client


@pytest.mark.parametrize("host", [OWN, "localhost:9000", "LocalHost", "[::1]:8080", "127.0.0.1"])
def test_this_machine_is_let_in_by_its_names(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).text == "let in"


def test_names_below_one_are_let_in_where_they_are_named() -> None:
    client = TestClient(guarded(Starlette(routes=[Route("/", _let_in)]), "localhost, *.localhost"))
    for host, status in (("gmm.localhost:6563", 200), ("localhost", 200), ("gmm.evil", 400)):
        assert client.get("/", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil-localhost",
        "127.0.0.1@evil.example",
        "[::2]",
        "",
    ],
)
def test_another_name_is_refused(client: TestClient, host: str) -> None:
    for method in ("GET", "POST"):
        assert client.request(method, "/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        A_LINK | {"sec-fetch-dest": "iframe"},
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "null"},
    ],
)
def test_what_a_page_of_another_site_asks_for_is_refused(
    client: TestClient, headers: dict[str, str]
) -> None:
    for method in ("GET", "POST"):
        assert client.request(method, "/", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": f"http://{OWN}"},
        {"sec-fetch-site": "same-origin", "origin": "null"},  # a form, without a referrer
        {"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"},
    ],
)
def test_its_own_pages_and_programs_are_let_in(client: TestClient, headers: dict[str, str]) -> None:
    for method in ("GET", "POST"):
        assert client.request(method, "/", headers=headers).text == "let in"


def test_a_link_from_elsewhere_opens_but_a_form_from_elsewhere_does_not(client: TestClient) -> None:
    assert client.get("/", headers=A_LINK).text == "let in"
    assert client.post("/", headers=A_LINK).status_code == 403


def test_a_websocket_of_another_site_is_refused(client: TestClient) -> None:
    own = {"host": OWN}
    with client.websocket_connect("/live", headers=own):
        pass
    for headers in ({"host": "evil.example"}, own | {"origin": "https://evil.example"}):
        refused = pytest.raises(WebSocketDenialResponse)
        with refused, client.websocket_connect("/live", headers=headers):
            pass


@pytest.mark.parametrize(("hosts", "count"), [(HOSTS, 1), ("", 0)])
def test_it_is_on_where_hosts_are_named(plugins_folder: Path, hosts: str, count: int) -> None:
    code = "import gmm_plugin as it; print(len(it.GmmPlugin.fastapi_root_middlewares))"
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(plugins_folder), "GMM_TRUSTED_HOSTS": hosts},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split()[-1] == str(count)
