"""YAML is read as it is written, or refused with the line."""

import codecs
import os
from pathlib import Path
from typing import Any

import pytest

from include.gmm import yaml_file
from include.gmm.errors import InputError


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "a"),
        ("a: {b: 1,\n  c: 2,\n  b: 3}\n", 3, "b"),
        ("a:\n  - b: 1\n    'b': 2\n", 3, "b"),
        ("~: 1\n~: 2\n", 2, "~"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n", 4, "<<"),
    ],
)
def test_a_key_that_is_given_twice_is_named_with_both_lines(text: str, line: int, key: str) -> None:
    with pytest.raises(InputError, match=rf"^line {line}: the key {key} is there already, in line"):
        yaml_file.parse(text)


def test_names_stay_as_they_are_written() -> None:
    text = "{NO: yes, 2019: 0x1F, 2019-01-01: 2024-13-45, 1.50: 1_000, null: off, ~: 1:30}"
    assert yaml_file.parse(text) == {
        "NO": "yes",
        "2019": "0x1F",
        "2019-01-01": "2024-13-45",
        "1.50": "1_000",
        "null": "off",
        "~": "1:30",
    }


@pytest.mark.parametrize("text", ["a:", "a: ~", "a: null", "a: NULL"])
def test_nothing_is_none(text: str) -> None:
    assert yaml_file.parse(text) == {"a": None}


@pytest.mark.parametrize("text", ['a: ""', "a: 'null'".replace("null", ""), "a: !!str"])
def test_an_empty_text_is_no_none(text: str) -> None:
    assert yaml_file.parse(text) == {"a": ""}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("25", 25),
        ("2.5", 2.5),
        ("true", True),
        ("'25'", "25"),
        ("2024-01-02", "2024-01-02"),
        ("[1, {a: no}]", [1, {"a": False}]),
    ],
)
def test_types_are_found_where_they_are_asked_for(text: str, value: Any) -> None:
    assert yaml_file.resolved(yaml_file.parse(f"a: {text}")) == {"a": value}


def test_an_alias_repeats_what_has_its_anchor() -> None:
    text = (
        "a: &one {b: [1, 2]}\nc: *one\nd: {<<: *one, e: 3}\nf: {<<: [*one, {b: 4, g: 5}], b: 6}\n"
    )
    assert yaml_file.parse(text) == {
        "a": {"b": ["1", "2"]},
        "c": {"b": ["1", "2"]},
        "d": {"b": ["1", "2"], "e": "3"},
        "f": {"b": "6", "g": "5"},
    }


@pytest.mark.parametrize("link", ["[*a, *a, *a, *a, *a, *a, *a, *a]", "{x: *a, y: *a, z: *a}"])
def test_aliases_of_aliases_cannot_fill_the_memory(link: str) -> None:
    lines = ["a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8]"]
    lines += [f"a{n}: &a{n} {link.replace('*a', f'*a{n - 1}')}" for n in range(1, 40)]
    with pytest.raises(InputError, match="more than 100,000 values"):
        yaml_file.parse("\n".join(lines))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: !!int abc", "line 1: the tag !!int means nothing here"),
        (
            "a: !!python/object/apply:os.getcwd []",
            "line 1: the tag !!python/object/apply:os.getcwd",
        ),
        ("a: 1\nb: !mine {}", "line 2: the tag !mine"),
        ("a: &a [*a]", "nothing before is named &a"),
        ("a: *b", "nothing before is named &b"),
        ("a: 1\n---\nb: 2\n", "line 2: a second document"),
        ("a: " + "[" * 3000, "nested more than 32 levels"),
        ("\n".join(" " * n + "a:" for n in range(3000)), "nested more than 32 levels"),
        ("a: 1\nb: \x07", r"line 2: the character \x07"),
        ("a: \x00", r"line 1: the character \x00"),
        ('a: "\\x07"', r"line 1: the character \x07"),
        ("a: \ud800", r"line 1: the character \ud800"),
        ('"a\\b": 1', r"line 1: the character \x08"),
        (
            "a: 1\nb: @daily",
            "line 2, column 4: found character '@' that cannot start any token; put",
        ),
        ("a:\n\t- b\n", "line 2, column 1: found character"),
        ("a: b: c", "line 1, column 5: mapping values"),
        ("a: [", "line 1"),
        ("[a]: 1", "line 1: a key must be a text"),
        ("a: {<<: 5}", "line 1: << takes a mapping"),
        ("%YAML 9.9\n---\na: 1", "line 1, column 1: found incompatible"),
        ("a: 1\nb: \x9f", r"line 2: the character \x9f cannot be used"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        yaml_file.parse(text)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        b"title: \xc3\xa9t\xc3\xa9\n",
        codecs.BOM_UTF8 + b"title: \xc3\xa9t\xc3\xa9\r\n",
        "title: été\n".encode("utf-16"),
    ],
    ids=["UTF-8", "with a mark", "UTF-16"],
)
def test_every_unicode_encoding_that_editors_write_is_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    assert yaml_file.read(path) == {"title": "été"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a: 1\ntitle: \xe9t\xe9\n", "line 2: not text in UTF-8; save the file as UTF-8"),
        (b"a: 1\n" * 100_000, "larger than 256 KiB"),
        (b"\xff\xfea", "UTF-8"),
    ],
    ids=["Windows-1252", "huge", "half a character"],
)
def test_bytes_that_are_no_settings_are_refused(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=told) as refused:
        yaml_file.read(path)
    assert str(refused.value).startswith(f"{path}: ")


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe.yaml"
    os.mkfifo(path)
    for each in (path, tmp_path):
        with pytest.raises(InputError, match="it is no file"):
            yaml_file.read(each)
