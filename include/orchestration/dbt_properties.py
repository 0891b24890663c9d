"""What YAML files of the dbt project say, and the part of it that is about some models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from include.gmm.errors import InputError

Source = tuple[str, str]
SECTIONS = ("models", "seeds", "snapshots", "sources", "unit_tests")
_TESTS = ("data_tests", "tests")
_REF = re.compile(r"\bref\(\s*(?:['\"][^'\"]*['\"]\s*,\s*)?['\"]([^'\"]+)['\"]")


def entries(properties: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Section and content of all that a file describes. Raises InputError when it is none."""
    if properties is None:
        return
    if not isinstance(properties, dict):
        raise InputError("must be a mapping, with `models:` or another section of dbt's")
    for section in SECTIONS:
        several = properties.get(section)
        if not isinstance(several, list | None):
            raise InputError(f"{section}: must be a list")
        for place, entry in enumerate(several or []):
            if not _is_named(entry):
                raise InputError(f"{section}.{place}: must be a mapping with a name")
            columns = entry.get("columns") or []
            if not (isinstance(columns, list) and all(map(_is_named, columns))):
                raise InputError(
                    f"{section}.{place}.columns: must be a list of mappings with names"
                )
            yield section, entry


def _is_named(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("name"), str)


def refs(value: Any) -> frozenset[str]:
    """The names in all ref('...') of a text, or of all texts in what YAML says."""
    return frozenset(name for text in texts(value) for name in _REF.findall(text))


def texts(value: Any) -> Iterator[str]:
    """All texts in what YAML says, keys among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, dict):
        yield from texts([*value.keys(), *value.values()])


def subject(section: str, entry: dict[str, Any]) -> Any:
    """The name of the model, seed or snapshot that an entry is about."""
    return entry.get("model") if section == "unit_tests" else entry["name"]


def with_tables(source: dict[str, Any], needed: set[Source]) -> dict[str, Any]:
    """The source with only those of its tables that are needed."""
    several = source.get("tables")
    tables = [
        table
        for table in (several if isinstance(several, list) else [])
        if isinstance(table, dict) and (source["name"], table.get("name")) in needed
    ]
    return {**source, "tables": tables}


def within(value: Any, models: frozenset[str]) -> Any:
    """The description without the data tests that need other models.

    Nor with sections that say nothing: dbt takes null for none, and Cosmos fails on it.
    """
    if isinstance(value, list):
        return [within(each, models) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: [test for test in each if refs(test) <= models]
        if key in _TESTS and isinstance(each, list)
        else within(each, models)
        for key, each in value.items()
        if each is not None or key not in ("columns", "config", *_TESTS)
    }


def words_of_tests(value: Any) -> set[str]:
    """All words in the data tests: the names of generic tests are among them."""
    if isinstance(value, list):
        return {word for each in value for word in words_of_tests(each)}
    if not isinstance(value, dict):
        return set()
    words = set()
    for key, each in value.items():
        if key in _TESTS:
            words |= {word for text in texts(each) for word in re.findall(r"\w+", text)}
        else:
            words |= words_of_tests(each)
    return words
