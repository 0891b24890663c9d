"""Who may visit an Airflow in which everybody is an admin: nothing but its own pages.

A website in the same browser could act as that admin: under a name of its own that leads to
127.0.0.1 (DNS rebinding), by requests that the browser sends there for it, or with Airflow in a
frame where clicks are stolen. GMM_TRUSTED_HOSTS, which script/start sets, turns this on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

REFUSAL = "A page of another site asked for this.\n"


class OwnPages:
    """Refuses what pages of other sites ask for, but for links that a person follows."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer: ASGIApp = self.app
        if scope["type"] in ("http", "websocket") and _is_of_another_site(scope):
            answer = PlainTextResponse(REFUSAL, status_code=403)
        await answer(scope, receive, send)


def guarded(app: ASGIApp, hosts: str) -> ASGIApp:
    """The application, for requests to one of these hosts (names with commas between) alone."""
    names = [name.strip() for name in hosts.split(",") if name.strip()]
    return TrustedHostMiddleware(OwnPages(app), allowed_hosts=names, www_redirect=False)


def _is_of_another_site(scope: Scope) -> bool:
    """What a browser says of the page that asks; programs that are no browsers say nothing."""
    headers = Headers(scope=scope)
    if site := headers.get("sec-fetch-site"):
        return site not in ("same-origin", "none") and not _is_a_link(scope, headers)
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _is_a_link(scope: Scope, headers: Headers) -> bool:
    """Whether the answer fills a tab of the browser, where the page that asked cannot read it."""
    return (
        scope.get("method") == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )
