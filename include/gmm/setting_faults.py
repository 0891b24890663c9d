"""What is wrong with settings, in words for who wrote the file."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from include.gmm.errors import one_line

# What pydantic says in words of Python.
_WORDS = {
    "tuple_type": "must be a list, such as [a, b]",
    "dict_type": "must be a mapping, such as { key: value }",
    "model_type": "must be a mapping, such as { key: value }",
}


def in_words(error: ValidationError) -> str:
    """Every key at fault, and what is wrong with it, on one line."""
    faults = (
        f"{'.'.join(map(str, fault['loc'])) or 'file'}: {_fault_in_words(fault)}"
        for fault in error.errors(include_url=False)
    )
    return one_line("; ".join(faults))


def _fault_in_words(fault: ErrorDetails) -> str:
    if fault["input"] is None and fault["type"] != "missing":
        return "has no value"
    return _WORDS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
