"""What each file of the dbt project names, read without dbt: a second for dbt is a moment here."""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import nodes

from include.gmm import yaml_file
from include.gmm.errors import one_line
from include.orchestration.dbt_properties import Source, entries, refs

_JINJA = jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])  # noqa: S701
# dbt's own blocks, for Jinja's parser: a test is a macro, and what is in the others goes on.
_TEST = re.compile(r"(\{%[-+]?\s*(?:end)?)(?:data_)?test\b")
_BLOCK = re.compile(r"\{%[-+]?\s*(end)?(?:snapshot|materialization|docs)\b(.*?)%\}", re.DOTALL)
_DEFINED = re.compile(r"\{%[-+]?\s*(?:macro|(?:data_)?test|snapshot)\s+(\w+)")
_NAMED = re.compile(r"\bname:\s*['\"]?([\w.]+)")
_SUBJECT = re.compile(r"^ {0,4}(?:- *name|  *model):\s*['\"]?([\w.]+)", re.MULTILINE)

# Of the project itself; all other YAML describes models.
TOP = (
    "dbt_project.yml",
    "profiles.yml",
    "packages.yml",
    "dependencies.yml",
    "package-lock.yml",
)


@dataclass(frozen=True)
class DbtFile:
    """What a file names. With a `fault`, as far as can be told without parsing it."""

    path: Path
    content: bytes = b""
    fault: str = ""
    refs: frozenset[str] = frozenset()
    sources: frozenset[Source] = frozenset()
    calls: frozenset[str] = frozenset()  # and other names: macros may be among them
    defines: frozenset[str] = frozenset()  # macros, generic tests and snapshots
    computed: bool = False  # what it refers to is known only when it runs
    properties: Any = None  # what a YAML file says
    subjects: frozenset[str] = frozenset()  # models that YAML which cannot be read describes,
    named: frozenset[str] = frozenset()  # and these with all tables and columns


def read(path: Path) -> DbtFile:
    """The file as it is now; it is parsed again only when it has changed."""
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        return DbtFile(path, fault=f"cannot be read ({error.strerror})")


@functools.lru_cache(maxsize=4096)
def _read(path: Path, _changed: int, _size: int) -> DbtFile:
    content = path.read_bytes()
    if path.suffix == ".csv":
        return DbtFile(path, content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return DbtFile(path, content, "not text in UTF-8; save the file as UTF-8")
    if path.suffix in (".yml", ".yaml"):
        return _yaml(path, content, text)
    if not text.strip():
        return DbtFile(path, content, "the file is empty")
    return (_python if path.suffix == ".py" else _jinja)(path, content, text)


def _jinja(path: Path, content: bytes, text: str) -> DbtFile:
    defines = frozenset(_DEFINED.findall(text))
    plain = _BLOCK.sub(_as_condition, _TEST.sub(r"\1macro", text))
    try:
        tree = _JINJA.parse(plain)
    except jinja2.TemplateSyntaxError as error:
        fault = f"line {error.lineno}: {one_line(str(error.message))}"
        return DbtFile(path, content, fault, refs(text), defines=defines)
    except (RecursionError, ValueError) as error:
        return DbtFile(path, content, one_line(str(error)), refs(text), defines=defines)
    if len(_DEFINED.findall(text)) > len(defines):
        fault = "a macro or test is defined twice"
        return DbtFile(path, content, fault, refs(text), defines=defines)
    calls = [
        (call.node.name if isinstance(call.node, nodes.Name) else call.node.attr, call.args)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name | nodes.Getattr)
    ]
    constants = [
        (name, [arg.value if isinstance(arg, nodes.Const) else None for arg in arguments])
        for name, arguments in calls
    ]
    names = {name.name for name in tree.find_all(nodes.Name)}
    names |= {attribute.attr for attribute in tree.find_all(nodes.Getattr)}
    # adapter.dispatch('name') calls a macro whose name is a text.
    names |= {str(one) for name, some in constants if name == "dispatch" for one in some}
    return _of_calls(path, content, constants, frozenset(names), defines)


def _as_condition(tag: re.Match[str]) -> str:
    """`{% snapshot x %}` as `{% if true %}`, on as many lines."""
    return ("{% endif" if tag[1] else "{% if true") + "\n" * tag[0].count("\n") + " %}"


def _python(path: Path, content: bytes, text: str) -> DbtFile:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = f"line {error.lineno}: " if isinstance(error, SyntaxError) else ""
        fault = line + one_line(str(getattr(error, "msg", error)))
        return DbtFile(path, content, fault, refs(text))
    constants = [
        (
            call.func.attr,
            [arg.value if isinstance(arg, ast.Constant) else None for arg in call.args],
        )
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
    ]
    return _of_calls(path, content, constants, frozenset(), frozenset())


def _of_calls(
    path: Path,
    content: bytes,
    calls: list[tuple[str, list[Any]]],
    names: frozenset[str],
    defines: frozenset[str],
) -> DbtFile:
    found = [some[-1] for name, some in calls if name == "ref" and some]
    sources = [tuple(some) for name, some in calls if name == "source" and len(some) == 2]
    known = [source for source in sources if None not in source]
    return DbtFile(
        path,
        content,
        refs=frozenset(str(name) for name in found if name is not None),
        sources=frozenset((str(name), str(table)) for name, table in known),
        calls=names,
        defines=defines,
        computed=None in found or len(known) < len(sources),
    )


def _yaml(path: Path, content: bytes, text: str) -> DbtFile:
    try:
        properties = yaml_file.resolved(yaml_file.parse(text))
        if path.name not in TOP:
            list(entries(properties))  # so that they may be used
    except ValueError as error:
        fault, subjects = one_line(str(error)), frozenset(_SUBJECT.findall(text))
        named = frozenset(_NAMED.findall(text))
        return DbtFile(path, content, fault, subjects=subjects, named=named)
    return DbtFile(path, content, properties=properties)
