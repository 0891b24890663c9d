"""The feature table: checked, in one order, and read the way the mixture should see it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from include.gmm.errors import InputError
from include.gmm.mixture.parameters import Array
from include.gmm.mixture.rows.resolution import find_steps
from include.gmm.mixture.rows.source import InMemory
from include.gmm.settings import Feature, Features

WIDE_SPREAD = 20  # (1 + largest) / (1 + smallest) from which "auto" takes a column as log1p


@dataclass(frozen=True)
class FeatureTable:
    """One row per key, sorted by key, every feature a finite float64.

    keys (n,), values (n, d) in the order of `names`; profile columns may hold NaN.
    """

    key: str
    keys: pd.Series
    values: pd.DataFrame
    profile: pd.DataFrame
    digest: str

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
    """The feature table in canonical order. Raises InputError that names the column at fault."""
    wanted = [features.key, *features.columns, *features.profile]
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise InputError(
            f"{where}: no column {_listed(missing)}; it has {_listed(list(frame.columns))}"
        )
    if frame.empty:
        raise InputError(f"{where}: there are no rows")
    keys = frame[features.key]
    if keys.isna().any():
        raise InputError(f"{where}: key {features.key!r} is empty in {keys.isna().sum()} rows")
    if keys.duplicated().any():
        examples = keys[keys.duplicated()].astype(str).unique()[:3].tolist()
        raise InputError(
            f"{where}: key {features.key!r} is not unique: {keys.duplicated().sum()} repeated "
            f"rows, such as {_listed(examples)}; one row per key is needed"
        )
    frame = frame.sort_values(features.key, kind="stable", ignore_index=True)
    values = pd.DataFrame(
        {name: _finite(frame[name], where, missing_allowed=False) for name in features.columns}
    )
    profile = pd.DataFrame(
        {name: _finite(frame[name], where, missing_allowed=True) for name in features.profile},
        index=values.index,
    )
    keys = frame[features.key]
    return FeatureTable(features.key, keys, values, profile, _digest(keys, values, profile))


def refuse_constant(values: pd.DataFrame, where: str) -> None:
    """Raises InputError that names the features without two different values."""
    constant = [str(name) for name in values if values[name].min() == values[name].max()]
    if constant:
        raise InputError(
            f"{where}: every row has the same value in {_listed(constant)}, "
            "which cannot tell segments apart; remove it from the features"
        )


def _finite(column: pd.Series, where: str, *, missing_allowed: bool) -> pd.Series:
    """The column as float64, or InputError for dates, text, NaN (unless allowed) or infinity."""
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_timedelta64_dtype(column):
        raise InputError(
            f"{where}: column {column.name!r} holds dates; make a number of them first, "
            "such as days until today"
        )
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    text = numbers.isna() & column.notna() & ~column.astype(str).str.lower().isin(["nan", "-nan"])
    if text.any():
        raise InputError(
            f"{where}: column {column.name!r} holds text, such as {str(column[text].iloc[0])!r}; "
            "every value of a feature must be a number"
        )
    if np.isinf(numbers).any():
        raise InputError(
            f"{where}: column {column.name!r} is infinite in {np.isinf(numbers).sum()} rows; "
            "every value of a feature must be a finite number"
        )
    if numbers.isna().any() and not missing_allowed:
        raise InputError(
            f"{where}: column {column.name!r} is missing (empty or NaN) in "
            f"{numbers.isna().sum()} rows; fill them or leave those rows out"
        )
    return numbers


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
