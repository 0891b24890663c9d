"""Numbers shortened for a file that people download."""

from __future__ import annotations

from typing import Any

from include.gmm.mixture.parameters import Array


def significant(numbers: Array, digits: int) -> Any:
    """Nested lists of the same shape, every number with that many significant digits."""
    if numbers.ndim > 1:
        return [significant(part, digits) for part in numbers]
    return [float(f"{number:.{digits}g}") for number in numbers]
