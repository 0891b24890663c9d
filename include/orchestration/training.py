"""The tasks of training. Each hands on a few lines of JSON, never data or models."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any

from airflow.sdk import get_current_context, task

from include.gmm import settings
from include.gmm.store import configured
from include.orchestration.assets import features_asset, model_asset
from include.orchestration.champions import present_champion
from include.orchestration.form import with_choices
from include.orchestration.handed import handed
from include.orchestration.refusing import refusing

# Heavy libraries are imported inside the tasks: the DAG processor reads this file again and again.
# With multiple_outputs Airflow would store each key of a returned dict a second time.

CHECK = "data_preprocessing.check_features"

log = logging.getLogger(__name__)


@task(multiple_outputs=False)
@refusing
def load_data(name: str) -> dict[str, Any]:
    """Load the source into the warehouse; returns table, rows, columns and digest.

    What contradicts itself in the trigger form is refused here, before anything is done; so is a
    store that has lost the champion.
    """
    from include.orchestration import warehouse
    from include.orchestration.preflight import demand_common_places

    demand_common_places()
    segmentation = settings.find(name)
    if params := get_current_context()["params"]:  # monitoring has no form
        with_choices(segmentation, params)
    present_champion(name)
    loaded = warehouse.configured().load(segmentation.source)
    log.info("%s: %s rows, columns %s", loaded.table, f"{loaded.rows:,}", loaded.columns)
    return asdict(loaded)


@task(multiple_outputs=False)
@refusing
def check_features(name: str) -> dict[str, Any]:
    """Check the feature table and take the snapshot that the tasks behind it read."""
    from include.gmm import snapshot
    from include.gmm.versions.pruning import prune_snapshots
    from include.orchestration import warehouse

    features = settings.find(name).features
    prune_snapshots(configured(), name)
    with snapshot.taken(features, warehouse.configured()) as rows:
        for sentence in rows.gaps.told():
            log.warning("%s: %s", features.model, sentence)
        taken = snapshot.put(configured(), name, rows)
    get_current_context()["outlet_events"][features_asset(name)].extra = {
        "table": features.model,
        "rows": taken.rows,
        "digest": taken.sha256,
    }
    return taken.model_dump()


@task(multiple_outputs=False)
@refusing
def build_save_gmm_model(name: str, features: Any) -> dict[str, Any]:
    """Choose, fit and save a mixture; returns the reference by which the version is verified."""
    from include.gmm.mixture.progress import now_and_then
    from include.gmm.snapshot import Snapshot, opened
    from include.gmm.training import train

    context = get_current_context()
    segmentation = with_choices(settings.find(name), context["params"])
    snapshot = Snapshot.model_validate(handed(features, CHECK))
    with opened(configured(), snapshot) as rows:
        reference = train(
            rows,
            segmentation,
            configured(),
            segmentation.features.model,
            now_and_then(lambda progress: log.info("%s", progress), seconds=5),
            # The same for a late retry, and of old for a backfill: neither is newer than it looks.
            as_of=context["dag_run"].run_after,
            snapshot=snapshot.name,
        )
    log.info("Published version %s", reference.version)
    return reference.model_dump()


@task(multiple_outputs=False)
@refusing
def load_model_and_evaluate(name: str, reference: Any) -> dict[str, Any]:
    """Verify and load the version, apply it to all rows; returns the summary that the tab draws."""
    from include.gmm.evaluation import evaluate
    from include.gmm.versions.artifacts import fitted_rows
    from include.gmm.versions.records import Reference

    version = Reference.model_validate(handed(reference, "build_save_gmm_model"))
    with fitted_rows(configured(), version) as rows:
        summary = evaluate(configured(), version, rows, settings.find(name).features.model)
    get_current_context()["outlet_events"][model_asset(name)].extra = {
        "version": summary.version,
        "sha256": summary.model_sha256,
        "n_components": summary.n_components,
    }
    return summary.model_dump(mode="json")
