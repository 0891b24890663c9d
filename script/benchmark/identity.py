"""Whether customers keep their segment ids when the shipped customers are segmented anew."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import Pipeline

from include.gmm import settings
from include.gmm.model import Applied
from include.gmm.settings import Segmentation
from include.gmm.snapshot import taken
from include.gmm.snapshot.frame import write_frame
from include.gmm.snapshot.rows import Batch, Rows
from include.gmm.store import store_at
from include.gmm.training import train
from include.gmm.versions import artifacts
from include.gmm.versions.identity import Overlap, inherited_ids
from include.gmm.warehouse import local
from script.benchmark.mixture import Array
from script.benchmark.rounds import progress

SURE = 0.8  # customers whose largest probability exceeds it are counted
OTHER_SEEDS = (0, 1, 2, 3, 42)


@dataclass(frozen=True)
class Refit:
    """A training beside the first one: how many segments it chose, and what customers keep.

    by_id, by_number, by_scikit_learn: shares of the sure customers with the id, with the number
    of the component in order of weights, and with the component of scikit-learn's default fits.
    """

    name: str
    n_components: int
    by_id: float
    by_number: float
    by_scikit_learn: float


def measure_identity() -> list[Refit]:
    """Refits of the features of the last run of customers_train. Raises InputError if none was."""
    segmentation = settings.find("customers")
    # In the order of the keys: a table has none, and scikit-learn's fits depend on it.
    with taken(segmentation.features, local()) as snapshot:
        frame = pd.concat([_frame(batch, snapshot) for batch in snapshot.batches()])
    frame = frame.reset_index(drop=True)
    columns = list(segmentation.features.columns)
    with tempfile.TemporaryDirectory() as folder:
        first = _fitted(frame, segmentation, folder)
        former: Array = first.predict_proba(frame[columns])
        sure = former.max(axis=1) > SURE
        before = former.argmax(axis=1)
        plain = _plain(first, frame[columns], segmentation.mixture.seed)
        refits = []
        for name, rows, other in _others(frame, segmentation):
            model = _fitted(rows, other, folder)
            present: Array = model.predict_proba(frame[columns])
            after = present.argmax(axis=1)
            known = range(former.shape[1])
            overlap = Overlap.of(_said(former), _said(present))
            ids, _ = inherited_ids(overlap.in_common, known, len(known))
            again = _plain(first, rows[columns], other.mixture.seed)
            standardised = first[:-1].transform(frame[columns])
            kept = plain.predict(standardised) == again.predict(standardised)
            refits.append(
                Refit(
                    name,
                    present.shape[1],
                    by_id=float((np.array(ids)[after] == before)[sure].mean()),
                    by_number=float((after == before)[sure].mean()),
                    by_scikit_learn=float(kept[sure].mean()),
                )
            )
            progress(f"  {refits[-1]}")
    return refits


def _frame(batch: Batch, snapshot: Rows) -> pd.DataFrame:
    values = np.hstack([batch.values, batch.profile])
    frame = pd.DataFrame(values, columns=[*snapshot.features, *snapshot.profile])
    return frame.assign(**{snapshot.key: batch.keys.to_pandas()})


def _said(probabilities: Array) -> Applied:
    return Applied(np.ascontiguousarray(probabilities.T), np.zeros(len(probabilities)))


def _others(
    frame: pd.DataFrame, segmentation: Segmentation
) -> Iterator[tuple[str, pd.DataFrame, Segmentation]]:
    for seed in OTHER_SEEDS:
        mixture = segmentation.mixture.model_copy(update={"seed": seed})
        yield f"seed {seed}", frame, segmentation.model_copy(update={"mixture": mixture})
    yield "shuffled rows", frame.sample(frac=1, random_state=1), segmentation
    for number in (1, 2, 3):
        drawn = _resampled(frame, np.random.default_rng(number), segmentation.features.key)
        yield f"a tenth resampled, {number}", drawn, segmentation


def _resampled(frame: pd.DataFrame, random: np.random.Generator, key: str) -> pd.DataFrame:
    """A tenth of the customers with the features of others."""
    places: NDArray[np.intp] = np.arange(len(frame))
    replaced = random.choice(len(frame), len(frame) // 10, replace=False)
    places[replaced] = random.integers(len(frame), size=len(replaced))
    return frame.iloc[places].reset_index(drop=True).assign(**{key: frame[key].to_numpy()})


def _fitted(frame: pd.DataFrame, segmentation: Segmentation, folder: str) -> Pipeline:
    store = store_at(folder)
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "features.parquet"
        rows = write_frame(frame, segmentation.features, file, "customers")
        reference = train(rows, segmentation, store, "customers")
    return artifacts.load(store, reference)[1]


def _plain(prepared: Pipeline, values: pd.DataFrame, seed: int) -> GaussianMixture:
    """scikit-learn's defaults at the same size, on rows that are prepared the same way."""
    chosen = prepared.named_steps["mixture"]
    mixture = GaussianMixture(
        chosen.n_components, covariance_type=chosen.covariance_type, random_state=seed
    )
    return mixture.fit(prepared[:-1].transform(values))
