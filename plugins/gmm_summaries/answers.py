"""What the routes of the tab answer when there is nothing that they could answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException as StarletteHTTPException

from include.gmm.page import pages
from include.gmm.page.pictures import DrawingError
from include.gmm.page.reason import NoSummary
from plugins.gmm_summaries.access import refusal

logger = logging.getLogger(__name__)

# A fault of the tab itself, which its log has to tell. Whatever a run left is no reason for it.
FAULT = NoSummary(
    "This cannot be shown",
    "The tab stumbled over what the run left. The API server's log says how.",
)


class File(APIRoute):
    """A route whose refusals are what Airflow's API answers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Answer as the route does; one answer that fails is no failure of the server."""
        answer = super().get_route_handler()

        async def answer_or_refuse(request: Request) -> Response:
            asked = (*request.path_params.values(), *request.query_params.values())
            if any("\0" in str(each) for each in asked):
                # A database may raise an error at that character, where others find nothing.
                return self.refused(HTTPException(404, "There is no such page."))
            try:
                return await answer(request)
            except StarletteHTTPException as error:
                return self.refused(error)
            except RequestValidationError:
                raise  # that is told by FastAPI
            except DrawingError as error:
                return self.instead(NoSummary("There is no picture", str(error), status=503))
            except Exception:
                logger.exception("%s failed", self.path)
                return self.instead(FAULT)

        return answer_or_refuse

    def refused(self, error: StarletteHTTPException) -> Response:
        """The answer to who may not see it, or asks for what there is not."""
        raise error

    def instead(self, reason: NoSummary) -> Response:
        """The answer where there is none."""
        raise not_found(reason)


class Page(File):
    """A route whose refusals are pages, too, with the addresses that are right at its depth."""

    def refused(self, error: StarletteHTTPException) -> Response:
        """A page that says so."""
        return self.instead(refusal(error), error.headers)

    def instead(self, reason: NoSummary, headers: Any = None) -> Response:
        """A page that says why."""
        root = "../" * (self.path.count("/") - 1)
        return HTMLResponse(pages.message(reason, root), reason.status, headers=headers)


def not_found(reason: NoSummary) -> HTTPException:
    """Where a page would say why, a file is not there."""
    status = 404 if reason.status == 200 else reason.status
    return HTTPException(status, f"{reason.title}. {reason.text}")
