"""airflow_settings.yaml: the pools, connections and variables of a machine of one's own.

The Astro CLI's format, applied as it does: what is missing is created, what is there is updated,
entries left blank (as in the CLI's template) are passed over.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from script.local_airflow.api import JSON, Api
from script.local_airflow.errors import StartError


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class _Pool(_Entry):
    pool_name: str | None = None
    pool_slot: int | None = None
    pool_description: str | None = None


class _Connection(_Entry):
    conn_id: str | None = None
    conn_type: str | None = None
    conn_host: str | None = None
    conn_schema: str | None = None
    conn_login: str | None = None
    conn_password: str | None = None
    conn_port: int | None = None
    conn_uri: str | None = None
    conn_extra: dict[str, Any] | str | None = None


class _Variable(_Entry):
    variable_name: str | None = None
    variable_value: str | None = None


class _Objects(_Entry):
    pools: list[_Pool] | None = None
    connections: list[_Connection] | None = None
    variables: list[_Variable] | None = None


class SettingsFile(_Entry):
    """The whole file."""

    airflow: _Objects | None = None


def read(path: Path) -> SettingsFile:
    """The file's content, nothing if there is no file. Raises StartError that names the fault."""
    if not path.is_file():
        return SettingsFile()
    try:
        return SettingsFile.model_validate(yaml.safe_load(path.read_text()) or {})
    except (OSError, yaml.YAMLError) as error:
        raise StartError(f"{path.name}: {error}") from error
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise StartError(f"{path.name}: {'; '.join(faults)}") from None


def apply(settings: SettingsFile, api: Api) -> None:
    """Create or update everything that the file names."""
    objects = settings.airflow or _Objects()
    for pool in objects.pools or []:
        if pool.pool_name and pool.pool_slot:
            body = {
                "name": pool.pool_name,
                "slots": pool.pool_slot,
                "description": pool.pool_description,
                "include_deferred": False,
            }
            # Airflow lets nothing else of its own pool be changed.
            own = pool.pool_name == "default_pool"
            api.put_there(
                "pools", pool.pool_name, body, ["slots", "include_deferred"] if own else None
            )
    for variable in objects.variables or []:
        if variable.variable_name and variable.variable_value is not None:
            body = {"key": variable.variable_name, "value": variable.variable_value}
            api.put_there("variables", variable.variable_name, body)
    for connection in objects.connections or []:
        if connection.conn_id and (connection.conn_type or connection.conn_uri):
            api.put_there("connections", connection.conn_id, _body(connection))


def _body(connection: _Connection) -> JSON:
    extra = connection.conn_extra
    body: JSON = {
        "conn_type": connection.conn_type,
        "host": connection.conn_host,
        "schema": connection.conn_schema,
        "login": connection.conn_login,
        "password": connection.conn_password,
        "port": connection.conn_port,
        "extra": json.dumps(extra) if isinstance(extra, dict) else extra,
    }
    if connection.conn_uri and not any(body.values()):
        body = _parsed(connection.conn_uri)
    return {"connection_id": connection.conn_id} | {k: v for k, v in body.items() if v}


def _parsed(uri: str) -> JSON:
    parts = urlsplit(uri)
    return {
        "conn_type": parts.scheme,
        "host": parts.hostname,
        "schema": parts.path.removeprefix("/"),
        "login": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "port": parts.port,
        "extra": json.dumps(dict(parse_qsl(parts.query))) if parts.query else None,
    }
