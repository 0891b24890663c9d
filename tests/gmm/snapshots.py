"""Snapshots of frames, for tests that begin with a few rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from include.gmm import evaluation, training
from include.gmm.settings import Features, Segmentation
from include.gmm.snapshot.frame import write_frame
from include.gmm.snapshot.rows import Rows
from include.gmm.store import Store
from include.gmm.summary import Summary
from include.gmm.versions import artifacts
from include.gmm.versions.records import Reference

_FOLDER = tempfile.TemporaryDirectory(prefix="snapshots-")  # as long as the tests run


def rows_of(frame: pd.DataFrame, features: Features, where: str = "test") -> Rows:
    """The rows of the frame, in a file that stays."""
    folder = tempfile.mkdtemp(dir=_FOLDER.name)
    return write_frame(frame, features, Path(folder) / "features.parquet", where)


@contextmanager
def opened(frame: pd.DataFrame, features: Features) -> Iterator[Rows]:
    """The same as the tasks open a snapshot."""
    yield rows_of(frame, features)


def train(
    frame: pd.DataFrame, settings: Segmentation, store: Store, where: str = "test", **more: Any
) -> Reference:
    """`training.train` on the rows of the frame."""
    rows = rows_of(frame, settings.features, where)
    return training.train(rows, settings, store, where, **more)


def evaluate(
    store: Store, reference: Reference, frame: pd.DataFrame, where: str = "test"
) -> Summary:
    """`evaluation.evaluate` on the rows of the frame."""
    features = artifacts.load_manifest(store, reference).settings.features
    return evaluation.evaluate(store, reference, rows_of(frame, features, where), where)
