"""What people read in the place of a column's name."""

from __future__ import annotations

import re

# Where a word begins within a name: totalSpend, HTTPServer, Last30Days, but not within CDs.
_WORDS = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=\d)(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z](?!s(?![a-z]))[a-z])"
)
_ABBREVIATION = re.compile(r"[A-Z0-9]{2,}s?")


def made_of(column: str) -> str:
    """A label: TotalSpend, total_spend and TOTAL_SPEND are Total spend, CustomerID Customer ID."""
    words = _WORDS.sub(" ", column).replace("_", " ").split()
    shouted = column.isupper()
    label = " ".join(
        word if _ABBREVIATION.fullmatch(word) and not shouted else word.lower() for word in words
    )
    return label[:1].upper() + label[1:] or column
