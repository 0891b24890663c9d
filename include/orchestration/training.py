"""The tasks of training. Each hands on a few lines of JSON, never data or models."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from airflow.sdk import get_current_context, task

from include.gmm import settings
from include.gmm.store import configured
from include.orchestration.assets import features_asset, model_asset
from include.orchestration.form import with_choices
from include.orchestration.handed import handed
from include.orchestration.refusing import refusing

# Heavy libraries are imported inside the tasks: the DAG processor reads this file again and again.
# With multiple_outputs Airflow would store each key of a returned dict a second time.

log = logging.getLogger(__name__)


@task(multiple_outputs=False)
@refusing
def load_data(name: str) -> dict[str, Any]:
    """Load the source into the warehouse; returns table, rows, columns and digest.

    What contradicts itself in the trigger form is refused here, before anything is done.
    """
    from include.gmm.warehouse import load_source

    segmentation = settings.find(name)
    if params := get_current_context()["params"]:  # monitoring has no form
        with_choices(segmentation, params)
    loaded = load_source(segmentation.source)
    log.info("%s: %s rows, columns %s", loaded.table, f"{loaded.rows:,}", loaded.columns)
    return asdict(loaded)


@task(multiple_outputs=False)
@refusing
def check_features(name: str) -> dict[str, Any]:
    """Check that the feature table can be used, and announce it; returns rows and digest."""
    from include.gmm.features import check_table
    from include.gmm.warehouse import read_features

    segmentation = settings.find(name)
    model = segmentation.features.model
    table = check_table(read_features(segmentation), segmentation.features, model)
    for told in table.gaps.told():
        log.warning("%s: %s", model, told)
    facts: dict[str, Any] = {"table": model, "rows": len(table.keys), "digest": table.digest}
    get_current_context()["outlet_events"][features_asset(name)].extra = facts
    return facts


@task(multiple_outputs=False)
@refusing
def build_save_gmm_model(name: str) -> dict[str, Any]:
    """Choose, fit and save a mixture; returns the reference by which the version is verified."""
    from include.gmm.mixture.progress import now_and_then
    from include.gmm.training import train
    from include.gmm.warehouse import read_features

    context = get_current_context()
    segmentation = with_choices(settings.find(name), context["params"])
    reference = train(
        read_features(segmentation),
        segmentation,
        configured(),
        segmentation.features.model,
        now_and_then(lambda progress: log.info("%s", progress), seconds=5),
        # The same for a late retry, and of old for a backfill: neither is newer than it looks.
        as_of=context["dag_run"].run_after,
    )
    log.info("Published version %s", reference.version)
    return reference.model_dump()


@task(multiple_outputs=False)
@refusing
def load_model_and_evaluate(name: str, reference: Any) -> dict[str, Any]:
    """Verify and load the version, apply it to all rows; returns the summary that the tab draws."""
    from include.gmm.evaluation import evaluate
    from include.gmm.versions.artifacts import Reference
    from include.gmm.warehouse import read_features

    segmentation = settings.find(name)
    summary = evaluate(
        configured(),
        Reference.model_validate(handed(reference, "build_save_gmm_model")),
        read_features(segmentation),
        segmentation.features.model,
    )
    get_current_context()["outlet_events"][model_asset(name)].extra = {
        "version": summary.version,
        "sha256": summary.model_sha256,
        "n_components": summary.n_components,
    }
    return summary.model_dump(mode="json")
