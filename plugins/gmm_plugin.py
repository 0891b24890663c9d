"""Airflow finds this file; everything else of the tab is imported when it is first asked for.

Every Airflow process imports every module of the plugins folder (hence .airflowignore beside
this file), but only the API server ever serves the tab.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

TRUSTED_HOSTS = os.environ.get("GMM_TRUSTED_HOSTS", "")


class Application:
    """The ASGI application. Should it fail to import, its own pages fail and nothing else."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        from plugins.gmm_summaries.app import app

        await app(scope, receive, send)


def own_pages_only(app: ASGIApp) -> ASGIApp:
    """Airflow's whole application, closed to other websites."""
    from plugins.gmm_summaries.own_pages import guarded

    return guarded(app, TRUSTED_HOSTS)


class GmmPlugin(AirflowPlugin):
    """The "Clusters" tab of a DAG run and of a DAG, and the list of all segmentations."""

    name = "gmm_summaries"
    fastapi_apps: list[Any] = [  # noqa: RUF012, as Airflow declares it
        {"app": Application(), "url_prefix": "/gmm", "name": "Clusters"}
    ]
    fastapi_root_middlewares: list[Any] = (
        [{"middleware": own_pages_only, "name": "own pages only"}] if TRUSTED_HOSTS else []
    )
    external_views: list[Any] = [  # noqa: RUF012
        {
            "name": "Clusters",
            "href": "gmm/{DAG_ID}/{RUN_ID}/clusters",
            "destination": "dag_run",
            "url_route": "clusters",
        },
        {
            "name": "Clusters",
            "href": "gmm/{DAG_ID}/clusters",
            "destination": "dag",
            # Airflow drops a view whose route is taken, though by a view of another destination.
            "url_route": "clusters-history",
        },
        {
            "name": "Segments",
            "href": "gmm/segmentations",
            "destination": "nav",
            "url_route": "segmentations",
        },
    ]
