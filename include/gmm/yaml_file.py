"""YAML without its surprises: no key is dropped, and no name becomes a number, a date or a truth.

What has no quotes stays text until the setting that it is for says what it should be, so that
`NO: DOUBLE` is a column NO and `title: 2024` a title. Parsed event by event: no file, however it
is nested or repeats itself, can exhaust the stack or the memory.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml import events

from include.gmm.characters import unprintable
from include.gmm.errors import InputError

MOST_BYTES = 256 * 1024
MOST_VALUES = 100_000  # with what aliases repeat
DEEPEST = 32

QUICKLY = 32 * 1024  # characters that PyYAML's own parser reads in half a second
_TEXT = ("!", "tag:yaml.org,2002:str")
_TAGS = (*_TEXT, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_NOTHING = ("", "~", "null", "Null", "NULL")
_TYPED = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool")


class Plain(str):
    """A text that was written without quotes: it may stand for a number or a truth."""

    __slots__ = ()


@dataclass
class _Open:
    """A mapping or a list that has not ended."""

    value: dict[str, Any] | list[Any]
    anchor: str | None
    line: int
    size: int = 1
    key: str | None = None
    merges: bool = False  # the key is `<<`
    lines: dict[str, int] = field(default_factory=dict)
    merged: list[dict[str, Any]] = field(default_factory=list)


def read(path: Path) -> Any:
    """The file's mappings, lists and texts.

    Parameters
    ----------
    path
        A file in UTF-8 (or UTF-16 with its mark).

    Returns
    -------
    Any
        What the file holds: keys are texts as they were written, values without quotes `Plain`,
        None where nothing is said.

    Raises
    ------
    InputError
        With file and line, for whatever cannot be read or could be read in two ways.
    """
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: cannot be read (it is no file)")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if len(content) > MOST_BYTES:
        raise InputError(f"{path}: larger than {MOST_BYTES // 1024} KiB: that is no settings file")
    try:
        return parse(_decoded(content))
    except InputError as error:
        raise InputError(f"{path}: not valid YAML: {error}") from error.__cause__


def parse(text: str) -> Any:
    """As `read`, from a text. Raises InputError with the line."""
    for number, line in enumerate(text.split("\n"), 1):
        if character := unprintable(line):
            raise InputError(f"line {number}: the character {character} cannot be used; delete it")
    try:
        return _built(text)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark
        place = f"line {at.line + 1}, column {at.column + 1}: " if at else ""
        hint = "; put the value in quotes" if "cannot start any token" in str(error.problem) else ""
        raise InputError(f"{place}{error.problem}{hint}") from error
    except yaml.reader.ReaderError as error:
        code = error.character
        wrong = chr(code) if isinstance(code, int) else str(code)
        number, shown = text.partition(wrong)[0].count("\n") + 1, repr(wrong)[1:-1]
        raise InputError(f"line {number}: the character {shown} cannot be used") from error
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(str(error).partition("\n")[0]) from error


def resolved(value: Any) -> Any:
    """The value with numbers and truths for what had no quotes, as YAML has them (no dates).

    Raises ValueError for a number that cannot be.
    """
    if isinstance(value, dict):
        return {key: resolved(each) for key, each in value.items()}
    if isinstance(value, list):
        return [resolved(each) for each in value]
    if isinstance(value, Plain):
        resolver: Any = yaml.resolver.Resolver()
        tag = resolver.resolve(yaml.ScalarNode, value, (True, False))
        return yaml.safe_load(value) if tag in _TYPED else str(value)
    return value


def _built(text: str) -> Any:
    """By libyaml, and what it refuses by PyYAML itself, which takes more and says more."""
    compiled = getattr(yaml, "CSafeLoader", None)
    if compiled is not None:
        try:
            return _Builder().built(yaml.parse(text, Loader=compiled))
        except yaml.YAMLError:
            if len(text) > QUICKLY:
                raise
    return _Builder().built(yaml.parse(text, Loader=yaml.SafeLoader))


def _decoded(content: bytes) -> str:
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if marked else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"line {line}: not text in UTF-8; save the file as UTF-8") from error


class _Builder:
    """Makes values of YAML's events, with a stack of its own."""

    def __init__(self) -> None:
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._total = 0
        self._root: Any = None

    def built(self, stream: Iterator[events.Event]) -> Any:
        documents = 0
        for event in stream:
            line = event.start_mark.line + 1 if event.start_mark else 1
            match event:
                case events.DocumentStartEvent():
                    documents += 1
                    if documents > 1:
                        raise InputError(f"line {line}: a second document begins; one is allowed")
                case events.ScalarEvent():
                    self._scalar(event, line)
                case events.AliasEvent(anchor=anchor):
                    if anchor not in self._anchors:
                        raise InputError(f"line {line}: nothing before is named &{anchor}")
                    self._add(*self._anchors[anchor], line)
                case events.CollectionStartEvent(anchor=anchor, tag=tag):
                    self._known(tag, line)
                    if len(self._stack) >= DEEPEST:
                        raise InputError(f"line {line}: nested more than {DEEPEST} levels deep")
                    mapping = isinstance(event, events.MappingStartEvent)
                    self._stack.append(_Open({} if mapping else [], anchor, line))
                case events.CollectionEndEvent():
                    self._end()
                case _:
                    pass
        return self._root

    def _known(self, tag: str | None, line: int) -> None:
        if tag is not None and tag not in _TAGS:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            raise InputError(f"line {line}: the tag {shown} means nothing here; leave it out")

    def _scalar(self, event: events.ScalarEvent, line: int) -> None:
        self._known(event.tag, line)
        if character := unprintable(event.value):
            raise InputError(f"line {line}: the character {character} cannot be used; delete it")
        plain = not event.style and event.tag not in _TEXT
        value: str | None = Plain(event.value) if plain else str(event.value)
        if plain and value in _NOTHING and not self._key_is_next():
            value = None
        self._named(event.anchor, value, 1)
        self._add(value, 1, line)

    def _key_is_next(self) -> bool:
        return bool(
            self._stack and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None
        )

    def _named(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)

    def _add(self, value: Any, size: int, line: int) -> None:
        self._total += size
        if self._total > MOST_VALUES:
            raise InputError(f"line {line}: more than {MOST_VALUES:,} values, with all aliases")
        if not self._stack:
            self._root = value
            return
        top = self._stack[-1]
        top.size += size
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is None:
            self._key(top, value, line)
        elif top.merges:
            several = value if isinstance(value, list) else [value]
            if not all(isinstance(each, dict) for each in several):
                raise InputError(f"line {line}: << takes a mapping, or a list of them")
            top.merged += several
            top.key, top.merges = None, False
        else:
            top.value[top.key] = value
            top.key = None

    def _key(self, top: _Open, value: Any, line: int) -> None:
        if not isinstance(value, str):
            raise InputError(f"line {line}: a key must be a text")
        if value in top.lines:
            raise InputError(
                f"line {line}: the key {value!s} is there already, in line {top.lines[value]}; "
                "one would be lost"
            )
        top.lines[str(value)] = line
        top.key, top.merges = str(value), isinstance(value, Plain) and value == "<<"

    def _end(self) -> None:
        ended = self._stack.pop()
        if isinstance(ended.value, dict):
            for each in ended.merged:
                ended.value = {**each, **ended.value}
        self._named(ended.anchor, ended.value, ended.size)
        self._total -= ended.size - 1  # counted already, one by one
        self._add(ended.value, ended.size, ended.line)
