"""Whether the segments would be the same had other rows of the same kind come in."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from include.gmm.errors import InputError
from include.gmm.features import Scale
from include.gmm.mixture import select_mixture
from include.gmm.mixture.parameters import Array
from include.gmm.training import cell_widths
from include.gmm.versions.identity import in_common, inherited_ids

REFITS = 3
DRAWN = 0.8  # share of rows in a subsample
MOST_ROWS = 50_000  # in a subsample: more would only be more stable, and take long


def share_kept(
    model: Pipeline, values: pd.DataFrame, decided: dict[str, Scale], seed: int
) -> float:
    """Share of rows that keep their segment when the mixture is fitted to some of them only.

    The mean over REFITS searches for a mixture of the same number of components and covariance
    type, each on a subsample (Ben-Hur, Elisseeff and Guyon 2002, A stability based method for
    discovering structure in clustered data). Drawn with replacement, rows would repeat, and a
    mixture could collapse onto those that do. Segments are matched as those of two versions are.
    Where a subsample gives no such mixture (a feature is constant, all collapsed), none is kept.
    """
    mixture = model.named_steps["mixture"]
    rows: Array = model[:-1].transform(values)
    widths = cell_widths(values, decided, model.named_steps["scale"].scale_)
    responsibilities: Array = mixture.predict_proba(rows)
    segments = responsibilities.argmax(axis=1)
    random = np.random.default_rng(seed)
    shares = []
    for _ in range(REFITS):
        drawn = random.permutation(len(rows))[: min(round(DRAWN * len(rows)), MOST_ROWS)]
        try:
            refitted = select_mixture(
                rows[drawn],
                [mixture.n_components],
                [mixture.covariance_type],
                resolution=widths[drawn],
                seed=int(random.integers(2**32)),
            ).to_sklearn()
        except InputError:
            shares.append(0.0)
            continue
        others: Array = refitted.predict_proba(rows)
        ids, _ = inherited_ids(
            in_common(responsibilities, others), range(mixture.n_components), mixture.n_components
        )
        shares.append(float((np.array(ids)[others.argmax(axis=1)] == segments).mean()))
    return float(np.mean(shares))
