"""The warehouse that dbt's profiles.yml names, for the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jinja2 import UndefinedError
from jinja2.exceptions import TemplateSyntaxError
from jinja2.nativetypes import NativeEnvironment

from include.gmm import yaml_file
from include.gmm.errors import InputError
from include.gmm.settings import DBT_PROJECT
from include.gmm.warehouse import Warehouse, warehouse_of


def chosen(target: str | None = None) -> Warehouse:
    """The warehouse of a target, as dbt finds it.

    Parameters
    ----------
    target
        Of the project's profile; without it what DBT_TARGET names, else the file's own.

    Raises
    ------
    InputError
        With the file, where there is no such profile or target, or a variable is not set.
    """
    path = Path(os.environ.get("DBT_PROFILES_DIR") or DBT_PROJECT) / "profiles.yml"
    name = _mapping(DBT_PROJECT / "dbt_project.yml").get("profile")
    profile = _entry(_mapping(path), str(name), f"{path}: no profile")
    outputs = _entry(profile, "outputs", f"{path}: {name}: no")
    wanted = target or os.environ.get("DBT_TARGET") or _filled(profile.get("target"), path)
    output = _entry(outputs, str(wanted or "default"), f"{path}: {name}: no target")
    return warehouse_of({key: _filled(value, path) for key, value in output.items()})


def _mapping(path: Path) -> dict[str, Any]:
    content = yaml_file.resolved(yaml_file.read(path))
    if not isinstance(content, dict):
        raise InputError(f"{path}: must be a mapping")
    return content


def _entry(mapping: dict[str, Any], name: str, told: str) -> dict[str, Any]:
    found = mapping.get(name)
    if not isinstance(found, dict):
        raise InputError(f"{told} {name!r}; there are {', '.join(map(repr, mapping))}")
    return found


def _filled(value: Any, path: Path) -> Any:
    """A value with dbt's env_var filled in, and of the type that its filters say."""
    if not isinstance(value, str) or "{" not in value:
        return value

    def env_var(name: str, default: str | None = None) -> str:
        if (found := os.environ.get(name, default)) is None:
            raise InputError(f"{path}: the environment variable {name} is not set")
        return found

    environment = NativeEnvironment()  # of a file that dbt reads as well
    environment.filters |= {"as_number": int, "as_text": str, "as_bool": _truth, "as_native": _same}
    try:
        return environment.from_string(value).render(env_var=env_var)
    except (TemplateSyntaxError, UndefinedError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: {value}: {error}") from error


def _truth(value: object) -> bool:
    return str(value).lower() in ("1", "true", "yes", "on")


def _same(value: object) -> object:
    return value
