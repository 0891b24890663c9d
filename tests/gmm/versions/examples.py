"""Versions to compare: of other features or mixtures, made the champion or beside it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from include.gmm.mixture.parameters import Array
from include.gmm.model import Applied, Model
from include.gmm.promotion_record import Gate, Succession
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.summary import Choice
from include.gmm.versions import artifacts, champion
from include.gmm.versions.records import Champion, Reference
from include.gmm.versions.succession import Challenger
from tests.gmm.snapshots import rows_of


def reading(segmentation: Segmentation, columns: dict[str, Any], **mixture: Any) -> Segmentation:
    """The segmentation with other features, and settings of the mixture."""
    content = segmentation.model_dump(mode="json")
    content["features"] |= {"columns": columns, "profile": {}}
    content["mixture"] |= mixture
    return Segmentation.model_validate(content)


def exactly(components: int) -> dict[str, Any]:
    """Settings of a mixture of that many components."""
    return {"n_components": {"min": components, "max": components}}


def appointed(store: Store, reference: Reference, segment_ids: tuple[int, ...]) -> Champion:
    """The version as the first champion."""
    manifest = artifacts.load_manifest(store, reference)
    return champion.appoint(store, None, reference, manifest, segment_ids, "gates", "a test")


def challenger(store: Store, reference: Reference, frame: pd.DataFrame) -> Challenger:
    """The version and what it says of the rows."""
    manifest, pipeline = artifacts.load(store, reference)
    rows = rows_of(frame, manifest.settings.features)
    return Challenger(
        settings=manifest.settings,
        rows=rows,
        model=Model(pipeline, len(rows)),
        choice=artifacts.load_record(store, reference, manifest, "choice.json", Choice),
        stability=0.9,
    )


def applied(made: Challenger) -> tuple[Array, Applied]:
    """The values of all rows in order of the model's features, and what it says of them."""
    (batch,) = made.rows.batches(made.model.names)
    return batch.values, made.model.of(batch.values)


def log_densities(made: Challenger) -> Array:
    """Of all rows, in the features' own units."""
    return made.model.log_densities(*applied(made))


def gate(succession: Succession, name: str) -> Gate:
    """The one of that name."""
    return next(each for each in succession.gates if each.name == name)
