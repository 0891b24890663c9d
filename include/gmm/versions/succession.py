"""A version beside the champion: the same rows in both, who goes on with whose id, the gates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.pipeline import Pipeline

from include.gmm.errors import InputError
from include.gmm.features import FeatureTable, Scale, held_out_rows
from include.gmm.mixture.parameters import Array
from include.gmm.promotion_record import FormerSegment, Gate, Succession
from include.gmm.settings import Segmentation
from include.gmm.store import Store
from include.gmm.summary import Choice
from include.gmm.versions import artifacts, gates
from include.gmm.versions.champion import Champion
from include.gmm.versions.champion import load as load_champion
from include.gmm.versions.identity import in_common, inherited_ids


@dataclass(frozen=True)
class Challenger:
    """A version, the rows that it was fitted to, and what it says of them.

    probabilities (n, K), log_densities (n,) in the features' own units; `stability` is the share
    of rows that keep their segment under resampling.
    """

    settings: Segmentation
    table: FeatureTable
    probabilities: Array
    log_densities: Array
    choice: Choice
    stability: float


def log_densities(model: Pipeline, decided: dict[str, Scale], table: FeatureTable) -> Array:
    """Log-density of each row (n,) in the features' own units: comparable between versions."""
    return in_own_units(model.score_samples(table.values), model, decided, table)


def in_own_units(
    log_likelihoods: Array, model: Pipeline, decided: dict[str, Scale], table: FeatureTable
) -> Array:
    """Log-densities (n,) of rows whose log-likelihoods (n,) under the model are known.

    The mixture's density is one of transformed and standardised values; by the change of variables
    that of x is it times |dz / dx|, which is 1 / scale and, after log1p, 1 / (scale (1 + x)).
    """
    densities: Array = log_likelihoods - np.log(model.named_steps["scale"].scale_).sum()
    for name, scale in decided.items():
        if scale.transform == "log1p":
            densities -= np.log1p(table.values[name].to_numpy())
    return densities


def compare(challenger: Challenger, champion: Champion | None, store: Store) -> Succession:
    """The succession of a version to the champion.

    A champion that cannot be loaded, because its version is gone or damaged, stops nobody from
    training: nothing goes on with its ids then, and the note says what to do.
    """
    shares = np.bincount(
        challenger.probabilities.argmax(axis=1), minlength=challenger.probabilities.shape[1]
    ) / len(challenger.probabilities)
    limits = challenger.settings.promotion.gates
    own = [
        gates.degenerate(challenger.choice),
        gates.smallest_share(shares.tolist(), limits.smallest_share),
        gates.stability(challenger.stability, limits.stability),
    ]
    if champion is None:
        return Succession(
            champion=None,
            serial=0,
            segment_ids=tuple(range(1, challenger.probabilities.shape[1] + 1)),
            former=[],
            flow=[],
            retired=[],
            moved=None,
            gates=own,
        )
    try:
        manifest, model = load_champion(store, champion)
    except InputError as error:
        note = (
            f"The champion, {champion.reference.version}, cannot be loaded: {error} Restore it, or "
            f"appoint another one: promote {challenger.settings.name} VERSION --anyway."
        )
        return _stranger(challenger, champion, own, note)
    if note := _incomparable(manifest, challenger.table):
        return _stranger(challenger, champion, own, note)
    return _follower(challenger, champion, own, manifest, model)


def _incomparable(manifest: artifacts.Manifest, table: FeatureTable) -> str:
    """Why the champion cannot be applied to the rows, or nothing."""
    version = manifest.version
    if missing := [name for name in manifest.data.features if name not in table.names]:
        return f"The champion, {version}, reads features that are not here: {', '.join(missing)}."
    for name, scale in manifest.data.features.items():
        if scale.transform == "log1p" and table.values[name].min() <= -1:
            return (
                f"The champion, {version}, reads {name} as log1p, but it has values of -1 or less."
            )
    return ""


def _follower(
    challenger: Challenger,
    champion: Champion,
    own: list[Gate],
    manifest: artifacts.Manifest,
    model: Pipeline,
) -> Succession:
    table, limits = challenger.table, challenger.settings.promotion.gates
    probabilities: Array = model.predict_proba(table.values)
    ids, retired = inherited_ids(
        in_common(probabilities, challenger.probabilities),
        champion.segment_ids,
        champion.greatest_id,
    )
    before, after = probabilities.argmax(axis=1), challenger.probabilities.argmax(axis=1)
    flow = np.zeros((len(champion.segment_ids), len(ids)), dtype=np.int64)
    np.add.at(flow, (before, after), 1)
    moved = float((np.array(champion.segment_ids)[before] != np.array(ids)[after]).mean())
    same = set(manifest.data.features) == set(table.names)
    held_out = held_out_rows(table.keys, challenger.settings.mixture.held_out)
    former = log_densities(model, manifest.data.features, table)[held_out].mean() if same else None
    present = challenger.log_densities[held_out].mean()
    names = challenger.settings.segment_names
    return Succession(
        champion=manifest.version,
        serial=champion.serial,
        segment_ids=ids,
        former=[
            FormerSegment(number=number, name=names.get(number, ""), rows=int(rows))
            for number, rows in zip(champion.segment_ids, flow.sum(axis=1), strict=True)
        ],
        flow=flow.tolist(),
        retired=retired,
        moved=moved,
        gates=[
            gates.log_likelihood(
                float(present), None if former is None else float(former), limits.log_likelihood
            ),
            *own,
            gates.moved(moved, limits.moved),
        ],
    )


def _stranger(challenger: Challenger, champion: Champion, own: list[Gate], note: str) -> Succession:
    """All segments are new, since nothing tells whether they are those of the champion."""
    limits = challenger.settings.promotion.gates
    first = champion.greatest_id + 1
    return Succession(
        champion=champion.reference.version,
        serial=champion.serial,
        segment_ids=tuple(range(first, first + challenger.probabilities.shape[1])),
        former=[],
        flow=[],
        retired=sorted(champion.segment_ids),
        moved=None,
        note=note,
        gates=[
            gates.log_likelihood(None, None, limits.log_likelihood),
            *own,
            gates.moved(None, limits.moved),
        ],
    )
