"""All routes of the tab by all methods, for those who may look and those who may not."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

from script.fault_suite import tab
from script.fault_suite.trial import Kind, Outcome, Trial

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
SEEN, HIDDEN = "seen_train", "hidden_train"
RUN = "manual__2026-11-23T20:30:00+00:00"
TITLE = "Customers by how they buy"  # of each summary: no word for who may not look
TOO_LONG = "x" * 3_000
RUNS = ("manual__2026-11-23T20%3A30%3A00%2B00%3A00", "gone", "%00", "..%2F..%2Fx", "%F0%9F%A6%86")
NO_DAGS = ("gone_train", "~", "%25", "%00", "%FF", "a%2Fb", TOO_LONG, "seen_trai_", "..", "-1")
CHARTS = (
    "shares.light.json", "map-0-1.dark.json", "map-999-0.light.json", "profiles.light.pdf", "x",
    "%00.light.json", "bic.sepia.json",
)  # fmt: skip
FILES = ("clusters", "summary.json", "segments.csv", "sample.csv", "%00", "clusters%00")
LISTS = (
    "clusters", f"compare?left={RUNS[0]}&right=gone", "compare", "compare?left=%00&right=%FF",
    f"compare?left={TOO_LONG}&right=1", "charts/shares.light.json", "charts/%00.light.json",
)  # fmt: skip
ALL = ("segmentations", "", "static/0/page.css", "static/0/..%2Fapp.py", "docs", "openapi.json")


def trials(count: int, seed: int) -> Iterator[Trial]:
    """So many of all that can be asked, half of them with GET."""
    from fastapi.testclient import TestClient

    from include.gmm.page import static_files

    application, users = _prepared()
    addresses = [
        *ALL,
        static_files.address("page.css"),
        *(f"{dag}/{name}" for dag in (SEEN, HIDDEN) for name in LISTS),
        *(f"{dag}/{run}/{name}" for dag in (SEEN, HIDDEN) for run in RUNS for name in FILES),
        *(f"{dag}/{RUNS[0]}/charts/{name}" for dag in (SEEN, HIDDEN) for name in CHARTS),
        *(f"{dag}/{name}" for dag in NO_DAGS for name in LISTS[:2]),
        *(f"{dag}/{RUNS[0]}/{name}" for dag in NO_DAGS for name in FILES[:2]),
    ]
    rng = random.Random(seed)  # noqa: S311
    with TestClient(application, base_url=f"http://airflow.test{tab.ROOT}") as client:
        for _ in range(count):
            method = rng.choice((*METHODS, *["GET"] * len(METHODS)))
            address, user = rng.choice(addresses), rng.choice((*users, *["viewer", "admin"] * 3))
            label = f"{method} {address[:80]} as {user}"
            try:
                answer = client.request(
                    method, f"/gmm/{address}", headers=users[user], follow_redirects=False
                )
            except Exception as error:
                yield Trial(label, Outcome.TRACEBACK, repr(error))
                continue
            yield Trial(label, *_judged(method, address, user, answer))


def _judged(method: str, address: str, user: str, answer: Any) -> tuple[Outcome, str]:
    if answer.status_code >= 500:
        return Outcome.SERVER_ERROR, str(answer.status_code)
    told = TITLE in answer.text
    of_a_dag = "/" in address and not address.startswith("static/")
    may = user in ("viewer", "admin") and not address.startswith(HIDDEN)
    may_open = may or (user == "nobody" and not of_a_dag)  # a list of what it may see: nothing
    if (told and not may) or (answer.status_code < 400 and not may_open):
        return Outcome.LET_IN, f"{answer.status_code}, {len(answer.text)} characters"
    if method != "GET" and answer.status_code < 400:
        return Outcome.WRONG, f"{answer.status_code}: nothing can be changed here"
    if may and method == "GET" and address == f"{SEEN}/{RUNS[0]}/clusters" and not told:
        return Outcome.WRONG, f"{answer.status_code}: the page is not shown"
    return (Outcome.RIGHT if answer.status_code < 400 else Outcome.REFUSED), ""


def _prepared() -> tuple[Any, dict[str, dict[str, str]]]:
    """The tab with two DAGs, and the headers that each user sends."""
    import jwt
    from airflow.api_fastapi import app as airflow_api
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.utils.session import create_session

    from tests.gmm.page.examples import example

    class Manager(SimpleAuthManager):
        """Denies everything of one DAG, which no role of SimpleAuthManager does."""

        def is_authorized_dag(self, *, details: Any = None, **asked: Any) -> bool:
            hidden = details is not None and details.id == HIDDEN
            return not hidden and super().is_authorized_dag(details=details, **asked)

    application = tab.app()
    manager = Manager()  # type: ignore[no-untyped-call]
    airflow_api._AuthManagerState.instance = manager
    with create_session() as session:
        for dag_id in (SEEN, HIDDEN):
            tab.add_dag(session, dag_id)
            left = {"load_model_and_evaluate": example().model_dump(mode="json")}
            tab.add_run(session, dag_id, RUN, left)

    def token(role: str, seconds: int = 3_600) -> str:
        user = SimpleAuthManagerUser(username="someone", role=role)
        return str(manager.generate_jwt(user, expiration_time_in_seconds=seconds))

    good = token("admin")
    claims = jwt.decode(good, options={"verify_signature": False})
    algorithm = jwt.get_unverified_header(good)["alg"]
    key = os.environ["AIRFLOW__API_AUTH__JWT_SECRET"]
    head, body, signature = good.split(".")
    roles = {"viewer": token("viewer"), "admin": good, "nobody": token("")}
    bad = {
        "an expired token": token("admin", -3_600),
        "another key": jwt.encode(claims, "k" * 64, algorithm=algorithm),
        "no algorithm": jwt.encode(claims, "", algorithm="none"),
        "no signature": f"{head}.{body}.",
        "a changed body": f"{head}.{body[:-4]}AAAA.{signature}",
        "another's signature": ".".join([*good.split(".")[:2], roles["viewer"].split(".")[2]]),
        "another audience": jwt.encode({**claims, "aud": "x"}, key, algorithm=algorithm),
        "garbage": "not.a.token",
        "an empty token": "",
    }
    users: dict[str, dict[str, str]] = {"anonymous": {}}
    for name, value in {**roles, **bad}.items():
        users[name] = {"Cookie": f"_token={value}"}
        if name in bad and value:
            users[f"{name} as bearer"] = {"Authorization": f"Bearer {value}"}
    return application, users


KIND = Kind(
    "routes",
    "Requests for all routes of the tab, by 8 methods, with and without good tokens",
    full=6_000,
    quick=200,
    run=lambda count, seed: tab.tried(__name__, count, seed),
)
