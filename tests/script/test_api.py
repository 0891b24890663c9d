"""The client of Airflow's REST API, against a server that refuses at first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

pytest.importorskip("script.local_airflow", reason="script/ is not here: not in the image")

import httpx

from script.local_airflow.api import Api


class Refusing(ThreadingHTTPServer):
    """Answers requests of the API with these statuses, one after the other."""

    statuses: list[int]


class Handler(BaseHTTPRequestHandler):
    server: Refusing

    def do_GET(self) -> None:
        body = json.dumps({"access_token": "some-token"}).encode()
        self.send_response(200 if "auth" in self.path else self.server.statuses.pop(0))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PATCH(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def server() -> Iterator[Refusing]:
    with Refusing(("127.0.0.1", 0), Handler) as made:
        Thread(target=made.serve_forever).start()
        yield made
        made.shutdown()


def patch(server: Refusing, *statuses: int) -> None:
    server.statuses = [*statuses]
    api = Api(f"http://127.0.0.1:{server.server_port}")
    api.patch("dags/customers_train", {"is_paused": False})
    api.close()


def test_a_change_that_the_server_failed_to_make_is_tried_again(server: Refusing) -> None:
    patch(server, 500, 500, 200)
    assert server.statuses == []


def test_a_server_that_keeps_failing_is_given_up(server: Refusing) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="500"):
        patch(server, *[500] * 9)
    assert len(server.statuses) == 4


def test_a_refusal_with_a_reason_is_not_tried_again(server: Refusing) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="409"):
        patch(server, 409, 200)
    assert server.statuses == [200]
