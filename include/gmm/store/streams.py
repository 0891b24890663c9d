"""Content that is too large for memory, piece by piece."""

from __future__ import annotations

from typing import IO

PIECE = 2**24  # bytes that are read, sent or compared at a time


def same(one: IO[bytes], other: IO[bytes]) -> bool:
    """Whether the rest of one is the rest of the other."""
    while (piece := one.read(PIECE)) == other.read(PIECE):
        if not piece:
            return True
    return False
