"""A version beside the champion: the same rows in both, who goes on with whose id, the gates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from include.gmm.errors import InputError
from include.gmm.mixture.workers import threads
from include.gmm.model import Model
from include.gmm.promotion_record import FormerSegment, Gate, Succession
from include.gmm.settings import Segmentation
from include.gmm.snapshot.rows import Batch, Rows
from include.gmm.store import Store
from include.gmm.summary import Choice
from include.gmm.sums import added
from include.gmm.versions import gates
from include.gmm.versions.champion import load as load_champion
from include.gmm.versions.identity import Overlap, inherited_ids
from include.gmm.versions.records import Champion, Manifest


@dataclass(frozen=True)
class Challenger:
    """A version, the rows that it was fitted to, and what it says of them.

    `stability` is the share of rows that keep their segment under resampling.
    """

    settings: Segmentation
    rows: Rows
    model: Model
    choice: Choice
    stability: float


def compare(challenger: Challenger, champion: Champion | None, store: Store) -> Succession:
    """The succession of a version to the champion.

    A champion that cannot be loaded, because its version is gone or damaged, stops nobody from
    training: nothing goes on with its ids then, and the note says what to do.
    """
    if champion is None:
        beside = _beside(challenger, None)
        return Succession(
            champion=None,
            serial=0,
            segment_ids=tuple(range(1, challenger.model.n_components + 1)),
            former=[],
            flow=[],
            retired=[],
            moved=None,
            gates=_own_gates(challenger, beside),
        )
    try:
        manifest, pipeline = load_champion(store, champion)
    except InputError as error:
        note = (
            f"The champion, {champion.reference.version}, cannot be loaded: {error} Restore it, or "
            f"appoint another one: promote {challenger.settings.name} VERSION --anyway."
        )
        return _stranger(challenger, champion, note)
    former = Model(pipeline, len(challenger.rows))
    if note := _incomparable(manifest, former, challenger.rows):
        return _stranger(challenger, champion, note)
    return _follower(challenger, champion, manifest, former)


def _incomparable(manifest: Manifest, former: Model, rows: Rows) -> str:
    """Why the champion cannot be applied to the rows, or nothing."""
    version = manifest.version
    if missing := [name for name in former.names if name not in rows.features]:
        return f"The champion, {version}, reads features that are not here: {', '.join(missing)}."
    fault = former.transform.fault(*rows.extent(former.names))
    return f"The champion, {version}, cannot be applied here: {fault}." if fault else ""


@dataclass(frozen=True)
class _Beside:
    """Sums over the rows, of a version and of the champion where there is one.

    counts (K) of rows by their most probable segment; densities: the sums of the log-densities of
    the held-out rows in the features' own units.
    """

    counts: NDArray[np.int64]
    held_out: int
    density: float
    former_density: float = 0.0
    overlap: Overlap | None = None


def _beside(challenger: Challenger, former: Model | None) -> _Beside:
    """Both applied to all rows, in one pass."""
    rows, present = challenger.rows, challenger.model
    share = challenger.settings.mixture.held_out

    def of(batch: Batch) -> tuple[Any, ...]:
        values = batch.columns(rows, present.names)
        applied = present.of(values)
        held_out = rows.held_out(batch.hashes, share)
        found: tuple[Any, ...] = (
            np.bincount(applied.most_probable, minlength=present.n_components),
            int(held_out.sum()),
            float(present.log_densities(values, applied)[held_out].sum()),
        )
        if former is None:
            return found
        values = batch.columns(rows, former.names)
        before = former.of(values)
        density = float(former.log_densities(values, before)[held_out].sum())
        return (*found, density, Overlap.of(before, applied))

    with threads() as workers:
        return _Beside(*added(workers.over(of, rows.batches())))


def _own_gates(challenger: Challenger, beside: _Beside) -> list[Gate]:
    """Those that need no champion."""
    limits = challenger.settings.promotion.gates
    shares = beside.counts / len(challenger.rows)
    return [
        gates.degenerate(challenger.choice),
        gates.smallest_share(shares.tolist(), limits.smallest_share),
        gates.stability(challenger.stability, limits.stability),
    ]


def _follower(
    challenger: Challenger, champion: Champion, manifest: Manifest, former: Model
) -> Succession:
    limits = challenger.settings.promotion.gates
    beside = _beside(challenger, former)
    overlap = cast("Overlap", beside.overlap)
    ids, retired = inherited_ids(overlap.in_common, champion.segment_ids, champion.greatest_id)
    moved = 1 - overlap.kept(champion.segment_ids, ids)
    same = set(former.names) == set(challenger.model.names)
    names = challenger.settings.segment_names
    return Succession(
        champion=manifest.version,
        serial=champion.serial,
        segment_ids=ids,
        former=[
            FormerSegment(number=number, name=names.get(number, ""), rows=int(rows))
            for number, rows in zip(champion.segment_ids, overlap.flow.sum(axis=1), strict=True)
        ],
        flow=overlap.flow.tolist(),
        retired=retired,
        moved=moved,
        gates=[
            gates.log_likelihood(
                beside.density / beside.held_out,
                beside.former_density / beside.held_out if same else None,
                limits.log_likelihood,
            ),
            *_own_gates(challenger, beside),
            gates.moved(moved, limits.moved),
        ],
    )


def _stranger(challenger: Challenger, champion: Champion, note: str) -> Succession:
    """All segments are new, since nothing tells whether they are those of the champion."""
    limits = challenger.settings.promotion.gates
    first = champion.greatest_id + 1
    return Succession(
        champion=champion.reference.version,
        serial=champion.serial,
        segment_ids=tuple(range(first, first + challenger.model.n_components)),
        former=[],
        flow=[],
        retired=sorted(champion.segment_ids),
        moved=None,
        note=note,
        gates=[
            gates.log_likelihood(None, None, limits.log_likelihood),
            *_own_gates(challenger, _beside(challenger, None)),
            gates.moved(None, limits.moved),
        ],
    )
