"""The Assets of a segmentation, each with the same name in every container."""

from __future__ import annotations

from airflow.sdk import Asset, AssetAlias, AssetOrTimeSchedule, CronTriggerTimetable

from include.gmm.settings import Segmentation


def features_asset(name: str) -> Asset:
    """The feature table."""
    return Asset(name=f"{name}_features", uri=f"gmm://{name}/features", group="gmm")


def model_asset(name: str) -> Asset:
    """The latest verified model."""
    return Asset(name=f"{name}_model", uri=f"gmm://{name}/model", group="gmm")


def champion_asset(name: str) -> Asset:
    """The version whose segments are in use; its events have the whole record."""
    return Asset(name=f"{name}_champion", uri=f"gmm://{name}/champion", group="gmm")


def unscored_asset(name: str) -> Asset:
    """A champion that has no table of scores yet."""
    return Asset(name=f"{name}_unscored", uri=f"gmm://{name}/unscored", group="gmm")


def scores_asset(name: str) -> Asset:
    """The table with every row's segment."""
    return Asset(name=f"{name}_scores", uri=f"gmm://{name}/scores", group="gmm")


def drift_asset(name: str) -> Asset:
    """Data have drifted so far from those of the champion that it should be trained again."""
    return Asset(name=f"{name}_drift", uri=f"gmm://{name}/drift", group="gmm")


def maybe(asset: Asset) -> AssetAlias:
    """An outlet for a task that may find nothing to tell: it adds the Asset itself if it does.

    An outlet that is the Asset has an event whenever its task succeeds.
    """
    return AssetAlias(name=f"{asset.name}_maybe", group="gmm")


def on_drift(segmentation: Segmentation) -> AssetOrTimeSchedule | list[Asset]:
    """The schedule of training: when data have drifted, and by the clock where the file says so."""
    drift = drift_asset(segmentation.name)
    if segmentation.schedule is None:
        return [drift]
    clock = CronTriggerTimetable(segmentation.schedule, timezone="UTC")
    return AssetOrTimeSchedule(timetable=clock, assets=[drift])
