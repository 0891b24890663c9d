"""What is demanded of a feature table, wherever it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from include.gmm.columns import refuse_unprintable
from include.gmm.errors import InputError
from include.gmm.settings import Features
from include.gmm.snapshot.gaps import Gaps

LEAVE_OUT = (
    "fill the gaps, or leave those rows out by `missing: drop` under features in the "
    "segmentation's file, --missing drop on the command line"
)


def demand_columns(there: Sequence[str], features: Features, where: str) -> None:
    """Raise InputError for a column that is not there, or that no page can show."""
    wanted = [features.key, *features.columns, *features.profile]
    refuse_unprintable(list(there), wanted, where)
    if absent := [name for name in wanted if name not in there]:
        raise InputError(f"{where}: no column {listed(absent)}; it has {listed(there)}")


def demand_values(gaps: Gaps, features: Features, where: str) -> None:
    """Raise InputError for gaps that the settings refuse, and where no row is without one."""
    if gaps.rows and features.missing == "refuse":
        raise InputError(f"{where}: {gaps}; {LEAVE_OUT}")
    if gaps.rows == gaps.total:
        raise InputError(f"{where}: no row has a value in every feature: {gaps}")


def listed(names: Iterable[str]) -> str:
    """The names in quotation marks, by commas."""
    return ", ".join(map(repr, names))
