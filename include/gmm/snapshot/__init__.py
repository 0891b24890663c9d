"""The features of a run as one immutable object: checked, sorted by key, Parquet in the store.

    <segmentation>/snapshots/<when>-<digest>.parquet

It is taken once in a run, at the end of the preprocessing. Fit, evaluation, comparison, monitoring
and scoring stream it, again and again and on any worker: all see one state of the data, and none
needs memory for all of it. Its digest is the identity of the data.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from include.gmm.errors import InputError
from include.gmm.setting_types import Name, Sha256
from include.gmm.settings import Features
from include.gmm.snapshot.rows import Rows
from include.gmm.snapshot.table import write_table
from include.gmm.store import ExistsError, MissingError, Store
from include.gmm.warehouse import Warehouse

IN_USE = timedelta(days=1)  # in which a run that took a snapshot may still read it
OBJECT = re.compile(r"([0-9]{8}T[0-9]{6}Z)-[0-9a-f]{16}\.parquet")


class Snapshot(BaseModel):
    """What is handed from task to task in place of rows: small, and enough to verify them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    segmentation: Name
    name: Annotated[str, Field(pattern=f"^{OBJECT.pattern}$")]
    sha256: Sha256
    rows: int = Field(ge=1, description="Without those that lack a feature")


@contextmanager
def taken(features: Features, warehouse: Warehouse) -> Iterator[Rows]:
    """The feature table of this moment, as long as the context lasts.

    Raises
    ------
    InputError
        That names the column which is not there, is not of numbers or has a value that is no input.
    """
    with tempfile.TemporaryDirectory(prefix="snapshot-") as folder:
        yield write_table(features, Path(folder) / "features.parquet", warehouse)


def put(store: Store, segmentation: str, rows: Rows) -> Snapshot:
    """Put rows into the store."""
    while True:
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{rows.sha256[:16]}.parquet"
        try:
            store.put_file(_object(segmentation, name), rows.path)
        except ExistsError:  # another one with the same beginning of its digest in the same second
            continue
        return Snapshot(segmentation=segmentation, name=name, sha256=rows.sha256, rows=len(rows))


@contextmanager
def opened(store: Store, snapshot: Snapshot) -> Iterator[Rows]:
    """The rows of a snapshot, as long as the context lasts.

    Raises
    ------
    InputError
        If it is not there any more, or is not what was put there.
    """
    name = _object(snapshot.segmentation, snapshot.name)
    try:
        with store.fetched(name) as path:
            rows = Rows.of(path)
            if rows.sha256 != snapshot.sha256:
                raise InputError(
                    f"{store.address(name)}: SHA-256 differs from the recorded one; the file was "
                    "damaged or replaced and is not read. Run the whole DAG again"
                )
            yield rows
    except MissingError as error:
        raise InputError(
            f"{error}. Run the whole DAG again; if it was there a moment ago, the tasks do not "
            "share one store: where workers have no common disk, GMM_STORE has to name a bucket "
            "or a mounted volume"
        ) from error


def forget(store: Store, snapshot: Snapshot) -> None:
    """Remove a snapshot that nobody else knows of."""
    store.delete(_object(snapshot.segmentation, snapshot.name))


def prune(store: Store, segmentation: str, needed: Collection[str | None]) -> None:
    """Remove the snapshots that are neither in use nor needed.

    needed: the names of those that versions were fitted to.
    """
    now = datetime.now(UTC)
    gone = []
    for each in store.list(_folder(segmentation)):
        name = each.rpartition("/")[2]
        if (found := OBJECT.fullmatch(name)) and name not in needed:
            taken_at = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            if now - taken_at > IN_USE:
                gone.append(name)
    store.delete(*(_object(segmentation, name) for name in gone))


def _folder(segmentation: str) -> str:
    return f"{segmentation}/snapshots"


def _object(segmentation: str, name: str) -> str:
    return f"{_folder(segmentation)}/{name}"
