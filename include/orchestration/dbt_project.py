"""What one model needs of the dbt project: a project of its own, which no other file can spoil.

dbt reads the whole project before it builds one model, so that a half-written file anywhere would
stop the runs of everybody.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from include.gmm.errors import InputError
from include.orchestration.dbt_files import TOP, DbtFile, read
from include.orchestration.dbt_properties import (
    Source,
    entries,
    refs,
    subject,
    with_tables,
    within,
    words_of_tests,
)

PACKAGES = "dbt_packages"


@dataclass(frozen=True)
class _Needed:
    """Names and files, as they are found."""

    models: dict[str, DbtFile]
    sources: set[Source]
    macros: dict[Path, DbtFile]


class DbtProject:
    """The files of a dbt project as they are now."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._top = {name: read(folder / name) for name in TOP if (folder / name).exists()}
        configured = self._paths()
        self._nodes: dict[str, list[DbtFile]] = defaultdict(list)
        for file in self._found(configured["model"], ".sql", ".py"):
            self._nodes[file.path.stem].append(file)
        for file in self._found(configured["seed"], ".csv"):
            self._nodes[file.path.stem].append(file)
        for file in self._found(configured["snapshot"], ".sql"):
            for name in file.defines:
                self._nodes[name].append(file)
        tests = self._found(configured["test"], ".sql")
        self._tests = [file for file in tests if "generic" not in file.path.parent.parts]
        self._macros = self._found(configured["macro"], ".sql")
        self._macros += [file for file in tests if file not in self._tests]
        anywhere = [path for paths in configured.values() for path in paths]
        self._properties = self._found(anywhere, ".yml", ".yaml")
        self._docs = self._found(anywhere, ".md")

    @property
    def models(self) -> list[str]:
        """The names of all models, seeds and snapshots."""
        return sorted(self._nodes)

    def faults(self) -> list[str]:
        """Every file that cannot be read, with the reason."""
        nodes = [file for files in self._nodes.values() for file in files]
        groups = (self._top.values(), nodes, self._tests, self._macros, self._properties)
        files = {file.path: file for group in groups for file in group if file.fault}
        return [f"{self.shown(file)}: {file.fault}" for _, file in sorted(files.items())]

    def shown(self, file: DbtFile) -> str:
        """The file's path as people know it."""
        return str(Path("include") / self._folder.name / file.path.relative_to(self._folder))

    def needed(self, model: str) -> dict[str, bytes]:
        """A dbt project with the model and all that it needs.

        Parameters
        ----------
        model
            Name of a model, seed or snapshot.

        Returns
        -------
        dict[str, bytes]
            Contents by path within the project.

        Raises
        ------
        InputError
            With the file and, where there is one, the line that cannot be read, or the names that
            there are.
        """
        top = [self._sound(file) for file in self._top.values()]
        if model not in self._nodes:
            raise InputError(f"there is no dbt model {model!r}; there are {', '.join(self.models)}")
        found = _Needed({}, set(), {})
        pending = [(model, "")]
        while pending:
            name, by = pending.pop()
            if name in found.models:
                continue
            for file in self._files(name, by):
                found.models[name] = found.models[file.path.stem] = self._sound(file)
                using = [file, *self._called(file.calls, found)]
                for each in using:
                    found.sources.update(each.sources)
                    pending += [(ref, self.shown(each)) for ref in sorted(each.refs)]
                if any(each.computed for each in using):
                    pending += [(one, "") for one in self._mentioned([*using, *top])]
            pending += self._described(name)
        described = self._kept_properties(found)
        kept = [*found.models.values(), *self._kept_tests(found), *self._kept_macros(found)]
        kept += [*(file for file in self._docs if not file.fault), *top]
        contents = {file.path: file.content for file in kept} | described
        return {path.relative_to(self._folder).as_posix(): contents[path] for path in contents}

    def _paths(self) -> dict[str, list[Path]]:
        """Where which files are, by dbt_project.yml."""
        file = self._top.get("dbt_project.yml")
        said = file.properties if file and isinstance(file.properties, dict) else {}
        return {
            kind: [self._folder / str(path) for path in said.get(f"{kind}-paths") or [f"{kind}s"]]
            for kind in ("model", "seed", "snapshot", "test", "macro")
        }

    def _found(self, folders: Iterable[Path], *suffixes: str) -> list[DbtFile]:
        """As dbt: files that do not begin like those of an editor."""
        paths = {path for folder in folders for path in folder.rglob("[!.#~]*")}
        return [read(path) for path in sorted(paths) if path.suffix in suffixes]

    def _files(self, name: str, by: str) -> list[DbtFile]:
        """The file of a model, or those of its versions."""
        files = self._nodes.get(name) or [
            file
            for node, several in self._nodes.items()
            if re.fullmatch(re.escape(name) + r"[._]v\w+", node)
            for file in several
        ]
        if not files and not (self._folder / PACKAGES).is_dir():
            raise InputError(f"{by}: ref('{name}'): there is no such dbt model")
        if len(files) > len({file.path.stem for file in files}):
            several = " and ".join(self.shown(file) for file in files)
            raise InputError(f"{several} are both the dbt model {name!r}; rename one")
        return files

    def _sound(self, file: DbtFile) -> DbtFile:
        if file.fault:
            raise InputError(f"{self.shown(file)}: {file.fault}")
        return file

    def _mentioned(self, files: list[DbtFile]) -> list[str]:
        """Which models a ref may mean that is computed: those whose names are in the files."""
        words = {word for file in files for word in re.findall(rb"\w+", file.content)}
        return [name for name in self.models if name.encode() in words]

    def _called(self, names: Iterable[str], found: _Needed) -> list[DbtFile]:
        """The files of the macros with these names, and of those that these call."""
        called: list[DbtFile] = []
        pending = set(names)
        while pending:
            name = pending.pop()
            files = [file for file in self._macros if name in file.defines]
            if len(files) > 1:
                several = " and ".join(map(self.shown, files))
                raise InputError(f"{several} both define {name!r}; rename one")
            for file in files:
                if file.path not in found.macros:
                    found.macros[file.path] = self._sound(file)
                    called.append(file)
                    pending |= file.calls
        return called

    def _described(self, name: str) -> list[tuple[str, str]]:
        """What the descriptions and unit tests of a model refer to, its data tests aside."""
        return [
            (ref, self.shown(file))
            for file in self._properties
            if not file.fault
            for section, entry in entries(file.properties)
            if section != "sources" and name == subject(section, entry)
            for ref in sorted(refs(within(entry, frozenset())) - {name})
        ]

    def _kept_properties(self, found: _Needed) -> dict[Path, bytes]:
        """The YAML files, with what they say of other models and tables left out."""
        kept: dict[Path, bytes] = {}
        places: dict[tuple[str, ...], DbtFile] = {}
        for file in self._properties:
            if file.subjects & found.models.keys():
                self._sound(file)
            content: dict[str, list[Any]] = defaultdict(list)
            for section, entry in () if file.fault else entries(file.properties):
                if section == "sources":
                    entry = with_tables(entry, found.sources)
                    described = [(entry["name"], table["name"]) for table in entry["tables"]]
                elif subject(section, entry) in found.models:
                    described = [(section, entry["name"])]
                else:
                    continue
                for each in described:
                    if (other := places.setdefault(each, file)) is not file:
                        both = f"{self.shown(other)} and {self.shown(file)}"
                        raise InputError(f"{both} both describe {each[-1]!r}; leave one out")
                if described:
                    content[section].append(within(entry, frozenset(found.models)))
            if content:
                self._called(words_of_tests(content), found)
                said = {key: file.properties.get(key) for key in ("version", "groups")}
                said = {key: value for key, value in said.items() if value is not None}
                kept[file.path] = yaml.safe_dump({**said, **content}, sort_keys=False).encode()
        self._check_sources(found.sources - places.keys())
        return kept

    def _check_sources(self, missing: set[Source]) -> None:
        for name, table in sorted(missing):
            for file in self._properties:
                if {name, table} <= file.named:
                    self._sound(file)
            if not (self._folder / PACKAGES).is_dir():
                raise InputError(f"no .yml file describes source('{name}', '{table}')")

    def _kept_tests(self, found: _Needed) -> list[DbtFile]:
        """The singular tests on models that are there."""
        kept = []
        for file in self._tests:
            if file.fault and file.refs & found.models.keys():
                self._sound(file)
            if file.refs and file.refs <= found.models.keys() and file.sources <= found.sources:
                self._called(file.calls, found)
                kept.append(file)
        return kept

    def _kept_macros(self, found: _Needed) -> list[DbtFile]:
        """Those that are called, and others that do no harm: dbt calls some by itself."""
        defined = [name for file in self._macros for name in file.defines]
        harmless = [
            file
            for file in self._macros
            if not file.fault and all(defined.count(name) == 1 for name in file.defines)
        ]
        return [*found.macros.values(), *harmless]
