"""What a segmentation file says, by PyYAML's nodes: another reading than the project's own."""

from __future__ import annotations

import codecs
from typing import Any

import yaml
from pydantic import BaseModel

from include.gmm.settings import Components, Segmentation

Pairs = list[tuple[str, yaml.Node]]


def differences(content: bytes, read: Segmentation) -> str:
    """Where the file says something else than what was read; nothing when they agree."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if marked else "utf-8-sig")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:  # libyaml takes a tab between words, as YAML does
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    if not isinstance(node, yaml.MappingNode):
        return "it is no mapping"
    try:
        return _differs(node, read, "") or ""
    except GivenTwiceError as error:
        return str(error)


class GivenTwiceError(ValueError):
    """A key is there twice, and one of them was dropped."""


def _pairs(node: yaml.Node) -> Pairs:
    """Keys and values, with those of `<<`."""
    own: Pairs = []
    merged: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if key.value == "<<" and not key.style:
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                for name, each in _pairs(source):
                    merged.setdefault(name, each)
        else:
            own.append((key.value, value))
    names = [name for name, _ in own]
    if len(set(names)) < len(names):
        raise GivenTwiceError(f"one of {names} is given twice, and nothing was said")
    return own + [pair for pair in merged.items() if pair[0] not in names]


def _differs(node: yaml.Node, read: Any, where: str) -> str | None:
    if isinstance(node, yaml.ScalarNode):
        return None if _same(node, read) else f"{where}: {node.value!r} was read as {read!r}"
    if isinstance(node, yaml.SequenceNode):
        if len(node.value) != len(read):
            return f"{where}: {len(node.value)} values were read as {len(read)}"
        parts = enumerate(zip(node.value, read, strict=True))
        return next((told for n, (a, b) in parts if (told := _differs(a, b, f"{where}.{n}"))), None)
    for name, value in _pairs(node):
        part = _part(read, name)
        if part is _NONE:
            return f"{where}.{name}: it was ignored"
        if told := _differs(value, part, f"{where}.{name}"):
            return told
    return None


_NONE = object()


def _part(read: Any, name: str) -> Any:
    if isinstance(read, BaseModel):
        return getattr(read, name, _NONE) if name in type(read).model_fields else _NONE
    for key, value in read.items():
        if str(key) == name:
            return value
    return _NONE


def _same(node: yaml.ScalarNode, read: Any) -> bool:
    text = node.value
    if node.tag == "tag:yaml.org,2002:null" and (read is None or not isinstance(read, str)):
        empty = isinstance(read, BaseModel) and not read.model_fields_set
        return read is None or empty or read in ((), {})
    if isinstance(read, Components):  # exactly so many
        return read.min == read.max == int(text)
    if isinstance(read, bool):
        return bool(yaml.safe_load(text)) is read
    if isinstance(read, int | float):
        return float(text) == read
    return isinstance(read, str) and text.strip() == read.strip()
