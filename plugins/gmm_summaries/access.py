"""Who may look, and what every answer tells the browser not to do."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import requires_access_dag, requires_authenticated
from airflow.models.dag import DagModel
from fastapi import Depends
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from include.gmm.page.reason import NoSummary

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from airflow.api_fastapi.auth.managers.models.batch_apis import IsAuthorizedDagRequest
    from sqlalchemy.orm import Session
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The pages tell of a run, the state of its tasks and an XCom: their reader may see all three.
# Airflow takes the DAG from the path parameter `dag_id`, the same that `runs.find` reads.
_TOLD = (DagAccessEntity.XCOM, DagAccessEntity.RUN, DagAccessEntity.TASK_INSTANCE)
MAY_READ_RUN = [Depends(requires_access_dag("GET", entity)) for entity in _TOLD]
LOGGED_IN = [Depends(requires_authenticated())]

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; "
    "script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def readable(session: Session, dag_ids: Collection[str], user: BaseUser) -> set[str]:
    """The DAGs of whose runs this user may see the pages: all that MAY_READ_RUN asks, for each."""
    teams = DagModel.get_dag_id_to_team_name_mapping(list(dag_ids), session=session)
    manager = get_auth_manager()
    allowed = set()
    for dag_id in dag_ids:
        details = DagDetails(id=dag_id, team_name=teams.get(dag_id))
        asked: list[IsAuthorizedDagRequest] = [
            {"method": "GET", "access_entity": entity, "details": details} for entity in _TOLD
        ]
        if manager.batch_is_authorized_dag(asked, user=user):
            allowed.add(dag_id)
    return allowed


def refusal(error: HTTPException) -> NoSummary:
    """Why there is no answer, in words for the reader of a page."""
    titles = {401: "You are not logged in", 403: "You may not see this"}
    texts = {
        401: "Your session may have ended. Reload the whole page to log in again.",
        403: "Your role may not read the XComs, runs or tasks of this DAG.",
    }
    return NoSummary(
        titles.get(error.status_code, "This did not work"),
        texts.get(error.status_code, str(error.detail)),
        status=error.status_code,
    )


class SafeHeaders:
    """Puts the headers above on every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)
