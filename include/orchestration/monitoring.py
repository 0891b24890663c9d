"""The task of monitoring: how far the data have drifted, and whether to train again."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from include.gmm import settings
from include.gmm.store import configured
from include.orchestration.assets import drift_asset, maybe
from include.orchestration.handed import handed
from include.orchestration.notifications import tell
from include.orchestration.refusing import refusing
from include.orchestration.training import CHECK

log = logging.getLogger(__name__)


@task(multiple_outputs=False)
@refusing
def measure_drift(name: str, features: Any) -> dict[str, Any]:
    """Hold the features against those of the champion; returns the summary that the tab draws.

    A breach is an event of the Asset <name>_drift, which starts <name>_train, unless there was one
    within `retrain_after_days`: a drift that training does not cure must not train for ever.
    """
    from include.gmm.monitoring.measuring import baseline, measure
    from include.gmm.snapshot import Snapshot, opened
    from include.gmm.versions import champion

    segmentation = settings.find(name)
    present = champion.read(configured(), name)
    if present is None:
        raise AirflowSkipException(f"There is no champion yet: {name}_train makes one.")
    with opened(configured(), Snapshot.model_validate(handed(features, CHECK))) as rows:
        base = baseline(configured(), present)
        drift = measure(base, rows, segmentation, segmentation.features.model)
    log.info(drift.sentence)
    if drift.breached:
        context = get_current_context()
        asset, days = drift_asset(name), segmentation.monitoring.retrain_after_days
        since = datetime.now(UTC) - timedelta(days=days)
        if context["inlet_events"][asset].after(since.isoformat()):
            follows = f"{name}_train was started by a drift within {days} days: not again."
        else:
            facts: dict[str, Any] = {"champion": drift.version, "serial": present.serial}
            context["outlet_events"][maybe(asset)].add(asset, extra=facts)
            follows = f"It starts {name}_train."
        log.info(follows)
        drift = drift.model_copy(update={"sentence": f"{drift.sentence} {follows}"})
        tell(segmentation, "drift", context, drift.sentence)
    return drift.model_dump(mode="json")
