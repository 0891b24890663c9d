"""Changed XComs through every page and chart of the tab."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from script.fault_suite import tab
from script.fault_suite.mutation import mutated
from script.fault_suite.trial import Kind, Outcome, Trial

BAD, GOOD = "bad", "good"  # runs
REFUSED = ("cannot be read", "No result", "No summary", "No measurement")
STUMBLED = "This cannot be shown"  # the last resort: that is a fault of the tab
TRAIN, MONITOR = "fault_train", "fault_monitor"
FIGURES = ("shares", "flow", "membership", "confusion", "map", "profiles", "bic", "icl", "aic")
PAIRS = ("map-0-1", "map-3-2")
OVER_TIME = ("segments", "sureness", "shares")
AT_ONCE = 100  # charts that one process draws


@dataclass(frozen=True)
class Left:
    """What a task of a DAG left, and the pages that tell of it."""

    name: str
    dag_id: str
    task_id: str
    made: Callable[[random.Random], dict[str, Any]]
    pages: tuple[str, ...]
    files: tuple[str, ...] = ()


def trials(count: int, seed: int) -> Iterator[Trial]:
    """So many XComs, each in the place of one that was whole."""
    from airflow.api_fastapi import app as airflow_api
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from airflow.utils.session import create_session
    from fastapi.testclient import TestClient
    from sqlalchemy import text

    from include.gmm.page import pictures
    from include.gmm.page.pictures import Order

    application = tab.app()
    manager = SimpleAuthManager()  # type: ignore[no-untyped-call]
    airflow_api._AuthManagerState.instance = manager
    token = manager.generate_jwt(SimpleAuthManagerUser(username="someone", role="viewer"))
    kinds = _kinds()
    rng = random.Random(seed)  # noqa: S311
    with create_session() as session:
        for dag_id in (TRAIN, MONITOR, "fault_score", "fault_rollback"):
            tab.add_dag(session, dag_id)
            left = {each.task_id: each.made(rng) for each in kinds if each.dag_id == dag_id}
            for run_id in (GOOD, BAD):
                tab.add_run(session, dag_id, run_id, left)

    drawn: dict[Order, str] = {}

    def later(orders: list[Order], _: float) -> list[dict[str, Any]]:
        """Draw them at the end, many in one process."""
        drawn.update(dict.fromkeys(orders, label))
        return [{"content": ""} for _ in orders]

    at_once, pictures._answers = pictures._answers, later  # type: ignore[assignment]
    base = f"http://airflow.test{tab.ROOT}"
    with TestClient(application, base_url=base, cookies={"_token": token}) as client:
        for place in range(count):
            kind = kinds[place % len(kinds)]
            whole = json.dumps(kind.made(rng))
            value, done = mutated(json.loads(whole), rng)
            label = f"{kind.name} {place}: {done}"
            for each in (value, whole):
                with create_session() as session:
                    session.execute(
                        text(
                            "UPDATE xcom SET value = :value WHERE run_id = :run"
                            " AND dag_id = :dag AND task_id = :task"
                        ),
                        {"value": each, "run": BAD, "dag": kind.dag_id, "task": kind.task_id},
                    )
                if each is value:
                    yield Trial(label, *_judged(client, kind))
    pictures._answers = at_once
    yield from _undrawn(drawn)


def _undrawn(drawn: dict[Any, str]) -> Iterator[Trial]:
    """The charts that look right, but that cannot be drawn."""
    from include.gmm.page.pictures import Pictures

    orders = [order for order in drawn if order.kind == "svg"]
    for begin in range(0, len(orders), AT_ONCE):
        part = orders[begin : begin + AT_ONCE]
        for order, content in zip(part, Pictures().all(part), strict=True):
            if content is None:
                yield Trial(f"{drawn[order]}: a chart", Outcome.SERVER_ERROR, order.chart[:300])


def _judged(client: Any, kind: Left) -> tuple[Outcome, str]:
    outcome = Outcome.RIGHT
    for address in (*kind.pages, *kind.files):
        try:
            answer = client.get(f"/gmm/{address}")
        except Exception as error:
            return Outcome.TRACEBACK, f"{address}: {error!r}"[:500]
        if answer.status_code >= 500:
            return Outcome.SERVER_ERROR, f"{address}: {answer.status_code}"
        if address.endswith("png"):
            continue
        if STUMBLED in answer.text:
            return Outcome.TRACEBACK, address
        if address in kind.pages:
            if answer.status_code != 200:
                return Outcome.WRONG, f"{address}: {answer.status_code}"
            if any(words in answer.text for words in REFUSED):
                outcome = Outcome.REFUSED
            if address == "segmentations" and TRAIN not in answer.text:
                return Outcome.WRONG, f"{address}: it lists the DAG no more"
            listing = address in (f"{TRAIN}/clusters", f"{MONITOR}/clusters")
            if listing and f"{GOOD}/clusters" not in answer.text:
                return Outcome.WRONG, f"{address}: it lists the other run no more"
    return outcome, ""


def _kinds() -> list[Left]:
    from include.gmm.page.actions import Published
    from tests.gmm.page.drift_examples import drifted
    from tests.gmm.page.examples import after_a_champion, example
    from tests.gmm.page.promotions import promoted

    def summary(rng: random.Random) -> dict[str, Any]:
        segments = rng.choice((1, 2, 5, 5))
        made = example(segments)
        if rng.random() < 0.5:
            made = made.following(after_a_champion(segments))
        content = made.model_dump(mode="json")
        shape = rng.choice(("full", "full", "tied", "diag", "spherical"))
        content["covariance_type"] = shape
        covariances = content["mixture"]["covariances"]
        content["mixture"]["covariances"] = {
            "full": covariances,
            "tied": covariances[0],
            "diag": [[1.0] * 4] * segments,
            "spherical": [1.0] * segments,
        }[shape]
        return content

    def decision(_: random.Random) -> dict[str, Any]:
        return promoted(example(), succession=after_a_champion()).model_dump(mode="json")

    def drift(rng: random.Random) -> dict[str, Any]:
        return drifted(rng.choice((0.01, 0.31))).model_dump(mode="json")

    def result(_: random.Random) -> dict[str, Any]:
        made = Published(table="scores.customers", rows=23_570, version="20261123T203000Z-1a2b3c4d")
        return made.model_dump(mode="json")

    of_run = f"{TRAIN}/{BAD}"
    lists = (f"{TRAIN}/clusters", "segmentations")
    compared = (
        f"{TRAIN}/compare?left={BAD}&right={GOOD}",
        f"{TRAIN}/compare?left={GOOD}&right={BAD}",
    )
    over_time = tuple(f"{TRAIN}/charts/{name}.light.json" for name in OVER_TIME)
    files = (
        *(f"{of_run}/{name}" for name in ("summary.json", "segments.csv", "sample.csv")),
        f"{of_run}/report.html",
        *(f"{of_run}/charts/{name}.dark.json" for name in FIGURES),
        *(f"{of_run}/charts/{name}.light.svg" for name in PAIRS),
        f"{of_run}/charts/shares.light.png",
        *over_time,
    )
    drifts = (
        *(
            f"{MONITOR}/{BAD}/charts/{name}.light.svg"
            for name in ("drift-segments", "drift-feature-0")
        ),
        f"{MONITOR}/{BAD}/charts/drift-feature-1.dark.json",
        f"{MONITOR}/charts/drift-measures.light.svg",
    )
    train = (f"{of_run}/clusters", *lists, *compared)
    return [
        Left("summary", TRAIN, "load_model_and_evaluate", summary, train, files),
        Left("decision", TRAIN, "promote_model", decision, train),
        Left("summary", TRAIN, "load_model_and_evaluate", summary, train, files),
        Left(
            "measurement",
            MONITOR,
            "measure_drift",
            drift,
            (f"{MONITOR}/{BAD}/clusters", f"{MONITOR}/clusters", "segmentations"),
            drifts,
        ),
        Left(
            "result",
            "fault_score",
            "publish_scores",
            result,
            (f"fault_score/{BAD}/clusters", "fault_score/clusters"),
        ),
        Left(
            "rollback",
            "fault_rollback",
            "roll_back",
            decision,
            (
                f"fault_rollback/{BAD}/clusters",
                "fault_rollback/clusters",
                *lists,
                f"{TRAIN}/{GOOD}/clusters",
            ),
        ),
    ]


KIND = Kind(
    "xcoms",
    "Changed XComs through every page and chart of the tab",
    full=2_000,
    quick=12,
    run=lambda count, seed: tab.tried(__name__, count, seed),
)
