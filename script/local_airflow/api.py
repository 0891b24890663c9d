"""Airflow's REST API, as far as starting and following a run needs it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_fixed

JSON = dict[str, Any]


def _is_fault_of_server(error: BaseException) -> bool:
    return (
        isinstance(error, httpx.HTTPStatusError)
        and error.response.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    )


class Api:
    """A logged-in client of a running Airflow."""

    def __init__(self, url: str, username: str = "", password: str = "") -> None:
        """Log in; without a username as the one admin that everybody is."""
        # Never through a proxy: the server is on this machine.
        self.client = httpx.Client(base_url=url, timeout=60, trust_env=False)
        if username:
            body = {"username": username, "password": password}
            answer = self.client.post("/auth/token", json=body)
        else:
            answer = self.client.get("/auth/token")
        answer.raise_for_status()
        self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def get(self, path: str, **parameters: str | int | list[str]) -> JSON:
        """What is at /api/v2/`path`."""
        return self._sent("GET", path, params=parameters)

    def find(self, path: str) -> JSON | None:
        """What is at /api/v2/`path`, or None when there is nothing."""
        try:
            return self.get(path)
        except httpx.HTTPStatusError as error:
            if error.response.status_code == httpx.codes.NOT_FOUND:
                return None
            raise

    def patch(self, path: str, body: JSON, **parameters: str | list[str]) -> JSON:
        """Change what is at /api/v2/`path`."""
        return self._sent("PATCH", path, json=body, params=parameters)

    def put_there(self, path: str, name: str, body: JSON, mask: list[str] | None = None) -> None:
        """Change `name` in the collection at `path` (only its fields in `mask`), or create it."""
        try:
            self.patch(f"{path}/{quote(name, safe='')}", body, update_mask=mask or [])
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.NOT_FOUND:
                raise
            self._sent("POST", path, json=body)

    def trigger(self, dag_id: str, conf: JSON | None = None) -> str:
        """Start a run of the DAG; its id."""
        body = {"logical_date": None, "conf": conf or {}}
        return str(self._sent("POST", f"dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def run(self, dag_id: str, run_id: str) -> JSON:
        """The run."""
        return self.get(_run_path(dag_id, run_id))

    def running(self, dag_id: str) -> list[str]:
        """The ids of the DAG's runs that have begun and not ended."""
        runs = self.get(f"dags/{dag_id}/dagRuns", state=["running"])["dag_runs"]
        return [run["dag_run_id"] for run in runs]

    def fail(self, dag_id: str, run_id: str) -> None:
        """End the run as failed, its tasks included."""
        self.patch(_run_path(dag_id, run_id), {"state": "failed"})

    def tasks(self, dag_id: str, run_id: str) -> list[JSON]:
        """The run's task instances."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances"
        return list(self.get(path, limit=1000)["task_instances"])

    def xcom(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What the task returned."""
        path = f"{_run_path(dag_id, run_id)}/taskInstances/{task_id}/xcomEntries/return_value"
        return self.get(path, deserialize="true")["value"]

    # On SQLite one in some hundred changes fails after five seconds, while tasks run: Airflow 3.3
    # writes its audit log on the event loop, and whoever has the database locked may need that
    # loop to end. Nothing of the change is kept, and it can be tried again.
    @retry(
        retry=retry_if_exception(_is_fault_of_server),
        stop=stop_after_attempt(5),
        wait=wait_fixed(0.3),
        reraise=True,
    )
    def _sent(self, method: str, path: str, **content: Any) -> JSON:
        answer = self.client.request(method, f"/api/v2/{path}", **content)
        answer.raise_for_status()
        result: JSON = answer.json()
        return result


def _run_path(dag_id: str, run_id: str) -> str:
    return f"dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"
