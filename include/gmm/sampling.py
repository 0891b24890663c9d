"""The rows that a summary shows: some of all, and those that are hardest to assign."""

from __future__ import annotations

import numpy as np
import pandas as pd

from include.gmm.features import FeatureTable
from include.gmm.mixture.parameters import Array
from include.gmm.rounding import significant
from include.gmm.summary import AMBIGUOUS_ROWS, SAMPLE_ROWS, Row, Sample

SAMPLE_VALUES = 20_000  # rows x features: what keeps a wide table's summary small
# Another hash than the one that holds rows out: with the same, all of the sample would be those.
HASH_KEY = "rows of a sample"


def sample(table: FeatureTable, probabilities: Array, segment_ids: tuple[int, ...]) -> Sample:
    """Rows whose keys have the smallest hashes: neither their order nor other rows matter.

    As a table grows, a row of the sample stays in it or makes room for a new one.
    """
    size = min(SAMPLE_ROWS, SAMPLE_VALUES // len(table.names))
    keys = table.keys.astype(str).to_numpy(dtype=object)
    hashes = pd.util.hash_array(keys, hash_key=HASH_KEY, categorize=False)
    drawn = hashes.argsort(kind="stable")[:size]
    return Sample(
        values=significant(table.values.to_numpy()[drawn], 5),
        segments=np.array(segment_ids)[probabilities[drawn].argmax(axis=1)].tolist(),
        probabilities=probabilities[drawn].max(axis=1).round(4).tolist(),
    )


def ambiguous(table: FeatureTable, probabilities: Array) -> list[Row]:
    """The rows whose largest probability is smallest, in order of key where it is the same.

    Rows that belong to one segment for certain are no candidates.
    """
    largest = probabilities.max(axis=1).round(9)  # the last digits are those of rounding errors
    hardest = largest.argsort(kind="stable")[:AMBIGUOUS_ROWS]
    return [
        Row(
            key=str(table.keys.iloc[place]),
            values=table.values.iloc[place].tolist(),
            probabilities=probabilities[place].round(9).tolist(),
        )
        for place in hardest
        if largest[place] < 1
    ]
