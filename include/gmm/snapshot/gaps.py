"""Rows that lack a value in some feature, counted."""

from __future__ import annotations

from dataclasses import dataclass

SHOWN = 30  # columns in a sentence on missing values


@dataclass(frozen=True)
class Gaps:
    """How many rows lack a value in some feature, out of how many, and how many in which."""

    rows: int
    total: int
    columns: dict[str, int]

    def __str__(self) -> str:
        found = [f"{name!r} in {count:,} rows" for name, count in self.columns.items()]
        more = f" and {len(found) - SHOWN} more columns" if len(found) > SHOWN else ""
        each = ", ".join(found[:SHOWN]) + more
        return f"{self.rows:,} of {self.total:,} rows lack a value (missing: {each})"

    def told(self) -> list[str]:
        """A sentence on the rows that were left out, if there are any."""
        return [f"{self}; they are left out and have no segment."] if self.rows else []
