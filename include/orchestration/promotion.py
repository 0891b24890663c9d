"""The end of a training: a version becomes the champion, or is told why not."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import get_current_context, task

from include.gmm import settings
from include.gmm.settings import Segmentation
from include.gmm.store import configured
from include.orchestration.assets import champion_asset, maybe, unscored_asset
from include.orchestration.champions import present_champion, tell_of
from include.orchestration.dag_defaults import acting_run
from include.orchestration.handed import handed
from include.orchestration.notifications import Question, tell
from include.orchestration.refusing import refusing

APPROVAL = "approve_promotion"

log = logging.getLogger(__name__)


def promote_model(segmentation: Segmentation, reference: Any, evaluation: Any) -> None:
    """The task promote_model after `evaluation`, in manual mode once a person has approved.

    The person is asked in Airflow's own view of required actions; the run waits without a worker.
    A rejection, or no answer for long, skips the promotion, and the champion stays.
    """
    name = segmentation.name
    asks = segmentation.promotion.mode == "manual"
    champion = champion_asset(name)
    outlets = [maybe(champion), maybe(unscored_asset(name))]
    promote = _promote.override(inlets=[champion], outlets=outlets)
    promoted = promote(name, reference, evaluation, approved=asks)
    if asks:
        # The next training waits for this run, and drift may ask for one by then. Where it may at
        # once, a person has a day all the same: without any time Airflow would wait for ever.
        days = max(segmentation.monitoring.retrain_after_days, 1)
        approval = ApprovalOperator(
            task_id=APPROVAL,
            subject=f"Shall this version become the champion of {name}?",
            body="{{ told(ti.xcom_pull(task_ids='load_model_and_evaluate')) }}\n\n"
            f"Without an answer within {'a day' if days == 1 else f'{days} days'} the champion "
            "stays.",
            response_timeout=timedelta(days=days),
            defaults=ApprovalOperator.REJECT,
            notifiers=Question(segmentation),
        )
        evaluation >> approval >> promoted


def told(evaluation: dict[str, Any]) -> str:
    """What a person reads before approving, in Markdown: a macro of the DAG."""
    from include.gmm.promotion_record import Succession
    from include.gmm.versions.card import succession_in_words

    summary = handed(evaluation, "load_model_and_evaluate")
    return succession_in_words(Succession.model_validate(summary["succession"]))


@task(task_id="promote_model", multiple_outputs=False)
@refusing
def _promote(name: str, reference: Any, evaluation: Any, approved: bool) -> dict[str, Any]:
    """Make the version the champion if the gates, or a person, allow; returns what became of it."""
    from include.gmm.promotion_record import Succession
    from include.gmm.versions.artifacts import fitted_rows
    from include.gmm.versions.promotion import promote
    from include.gmm.versions.records import Reference

    segmentation = settings.find(name)
    version = Reference.model_validate(handed(reference, "build_save_gmm_model"))
    compared = Succession.model_validate(
        handed(evaluation, "load_model_and_evaluate")["succession"]
    )
    present_champion(name)
    promoted = promote(
        configured(),
        version,
        compared,
        segmentation,
        lambda: fitted_rows(configured(), version),
        actor=_approver() if approved else acting_run(),
        approved=approved,
    )
    log.info("%s: %s", promoted.version, promoted.sentence)
    tell_of(name, promoted.serial)
    if promoted.outcome == "promoted":
        asset, context = unscored_asset(name), get_current_context()
        context["outlet_events"][maybe(asset)].add(asset, extra={"version": promoted.version})
        tell(segmentation, "promotion", context, f"{promoted.version}: {promoted.sentence}")
    return promoted.model_dump(mode="json")


def _approver() -> str:
    """The person who approved in Airflow, as far as it knows, and in which run."""
    answer = get_current_context()["ti"].xcom_pull(task_ids=APPROVAL) or {}
    person = answer.get("responded_by_user") or {}
    return f"{person.get('name') or 'somebody'}, in {acting_run()}"
