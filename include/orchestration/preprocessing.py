"""The group that makes features of what was loaded: dbt, and a check of what it left."""

from __future__ import annotations

from typing import Any

from airflow.sdk import TaskGroup

from include.gmm.settings import Segmentation
from include.orchestration.assets import features_asset
from include.orchestration.dbt import dbt_models
from include.orchestration.training import check_features


def data_preprocessing(segmentation: Segmentation) -> tuple[TaskGroup, Any]:
    """The dbt models up to that of the features, and what hands on the snapshot of these."""
    with TaskGroup("data_preprocessing") as group:
        dbt = dbt_models("dbt", segmentation.features.model, "features.model")
        features = features_asset(segmentation.name)
        snapshot = check_features.override(outlets=[features])(segmentation.name)
        dbt >> snapshot
    return group, snapshot
