"""The feature table: checked, in one order, and read the way the mixture should see it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.gmm.columns import finite, nested, refuse_unprintable, rows_at
from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.resolution import find_steps
from include.gmm.mixture.rows.source import InMemory
from include.gmm.settings import Feature, Features

LEAVE_OUT = (
    "fill the gaps, or leave those rows out by `missing: drop` under features in the "
    "segmentation's file, --missing drop on the command line"
)
SHOWN = 30  # columns in a sentence on missing values
WIDE_SPREAD = 20  # (1 + largest) / (1 + smallest) from which "auto" takes a column as log1p


@dataclass(frozen=True)
class Gaps:
    """How many rows lack a value in some feature, out of how many, and how many in which."""

    rows: int
    total: int
    columns: dict[str, int]

    @classmethod
    def of(cls, values: pd.DataFrame) -> Gaps:
        """Those of a table of features, where NaN is missing."""
        missing = values.isna()
        counts = {str(name): int(missing[name].sum()) for name in values}
        columns = {name: count for name, count in counts.items() if count}
        return cls(int(missing.any(axis=1).sum()), len(values), columns)

    def __str__(self) -> str:
        found = [f"{name!r} in {count:,} rows" for name, count in self.columns.items()]
        more = f" and {len(found) - SHOWN} more columns" if len(found) > SHOWN else ""
        each = ", ".join(found[:SHOWN]) + more
        return f"{self.rows:,} of {self.total:,} rows lack a value (missing: {each})"

    def told(self) -> list[str]:
        """A sentence on the rows that were left out, if there are any."""
        return [f"{self}; they are left out and have no segment."] if self.rows else []


@dataclass(frozen=True)
class FeatureTable:
    """One row per key, sorted by key, every feature a finite float64.

    keys (n,), values (n, d) in the order of `names`; profile columns may hold NaN. `gaps` are the
    rows that are not among these n, because a feature is missing; the digest is of those that are.
    """

    key: str
    keys: pd.Series
    values: pd.DataFrame
    profile: pd.DataFrame
    digest: str
    gaps: Gaps

    @property
    def names(self) -> list[str]:
        """The features of the mixture, in order."""
        return list(self.values.columns)


@dataclass(frozen=True)
class Scale:
    """How one feature is read: its transform and the step in which its values come."""

    transform: Literal["none", "log1p"]
    resolution: float

    def apply(self, values: Array) -> Array:
        """The transformed values, same shape."""
        return np.log1p(values) if self.transform == "log1p" else values

    def cell_width(self, values: Array) -> Array:
        """Width of the rounding cell around each value, after the transform."""
        half = self.resolution / 2
        return self.apply(values + half) - self.apply(values - half)


def check_table(frame: pd.DataFrame, features: Features, where: str) -> FeatureTable:
    """The feature table in canonical order. Raises InputError that names the columns at fault.

    Rows without a value in some feature are refused, or left out where `features.missing` says so.
    """
    wanted = [features.key, *features.columns, *features.profile]
    refuse_unprintable(list(frame.columns), wanted, where)
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise InputError(
            f"{where}: no column {_listed(missing)}; it has {_listed(list(frame.columns))}"
        )
    if frame.empty:
        raise InputError(f"{where}: there are no rows")
    frame = frame.reset_index(drop=True)
    _refuse_keys(frame[features.key], where)
    values = pd.DataFrame({name: finite(frame[name], where) for name in features.columns})
    profile = pd.DataFrame(
        {name: finite(frame[name], where) for name in features.profile}, index=frame.index
    )
    gaps = Gaps.of(values)
    if gaps.rows and features.missing == "refuse":
        raise InputError(f"{where}: {gaps}; {LEAVE_OUT}")
    if gaps.rows == len(frame):
        raise InputError(f"{where}: no row has a value in every feature: {gaps}")
    complete = frame[features.key][values.notna().all(axis=1)]
    order = complete.sort_values(kind="stable").index
    keys = frame[features.key].loc[order].reset_index(drop=True)
    values, profile = (each.loc[order].reset_index(drop=True) for each in (values, profile))
    return FeatureTable(features.key, keys, values, profile, _digest(keys, values, profile), gaps)


def _refuse_keys(keys: pd.Series, where: str) -> None:
    """Raises InputError unless every row has a key of its own, by which rows can be told apart."""
    if kind := nested(keys):
        raise InputError(
            f"{where}: key {keys.name!r} is of type {kind}, which cannot tell rows apart; make a "
            "number or a text of it first"
        )
    if keys.isna().any():
        raise InputError(f"{where}: key {keys.name!r} is empty in {rows_at(keys.isna())}")
    repeated = keys.duplicated()
    if repeated.any():
        examples = keys[repeated].astype(str).unique()[:3].tolist()
        raise InputError(
            f"{where}: key {keys.name!r} is not unique: {repeated.sum()} repeated "
            f"rows, such as {_listed(examples)}; one row per key is needed"
        )


def refuse_constant(values: pd.DataFrame, where: str) -> None:
    """Raises InputError that names the features without two different values."""
    constant = [str(name) for name in values if values[name].min() == values[name].max()]
    if constant:
        raise InputError(
            f"{where}: every row has the same value in {_listed(constant)}, "
            "which cannot tell segments apart; remove it from the features"
        )


def scales(table: FeatureTable, settings: Mapping[str, Feature]) -> dict[str, Scale]:
    """Each feature's transform and resolution, with "auto" decided from the data.

    Raises InputError where log1p is asked for a column with values of -1 or less.
    """
    decided = {}
    steps = dict(zip(table.names, find_steps(InMemory(table.values.to_numpy())), strict=True))
    for name in table.names:
        values = table.values[name].to_numpy()
        feature = settings[name]
        transform: Literal["none", "log1p"]
        if feature.transform == "auto":
            spread = (1 + values.max()) / (1 + values.min()) if values.min() >= 0 else 0.0
            transform = "log1p" if spread >= WIDE_SPREAD else "none"
        else:
            transform = feature.transform
        resolution = float(steps[name]) if feature.resolution == "auto" else feature.resolution
        if transform == "log1p" and values.min() - resolution / 2 <= -1:
            raise InputError(
                f"column {name!r}: log1p needs values above {resolution / 2 - 1:g}, "
                f"the smallest is {values.min():g}; set its transform to none"
            )
        decided[name] = Scale(transform, resolution)
    return decided


def held_out_rows(keys: pd.Series, share: float) -> NDArray[np.bool_]:
    """Which rows (n,) are kept from the fit: each key decides, so it lasts as data grows."""
    hashes = pd.util.hash_array(keys.astype(str).to_numpy(dtype=object), categorize=False)
    held_out: NDArray[np.bool_] = hashes < np.uint64(share * 2**64)
    held_out[hashes.argmin()] = True  # a small table has a row to be tested on, too
    return held_out


def _digest(keys: pd.Series, values: pd.DataFrame, profile: pd.DataFrame) -> str:
    """SHA-256 over names, keys and values, the same whatever the order of rows in the source."""
    sha = hashlib.sha256()
    sha.update("\x1f".join([str(keys.name), *values.columns, *profile.columns]).encode())
    sha.update("\x1f".join(keys.astype(str)).encode())
    for frame in (values, profile):
        sha.update(np.ascontiguousarray(frame.to_numpy(dtype="<f8")).tobytes())
    return sha.hexdigest()


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names)
