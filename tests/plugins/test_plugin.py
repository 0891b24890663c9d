"""How Airflow finds the tab, and what that costs the processes that never serve it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from airflow._shared.plugins_manager import _load_plugins_from_plugin_directory

LOOK = """
import sys
from airflow._shared.plugins_manager import _load_plugins_from_plugin_directory
before = set(sys.modules)
plugins, errors = _load_plugins_from_plugin_directory(sys.argv[1])
assert not errors, errors
print("\\n".join(sorted(set(sys.modules) - before)))
"""


def test_airflow_finds_one_plugin_with_its_tab_and_its_app(plugins_folder: Path) -> None:
    plugins, errors = _load_plugins_from_plugin_directory(str(plugins_folder))
    assert errors == {}
    assert [plugin.name for plugin in plugins] == ["gmm_summaries"]
    (mounted,), (view,) = plugins[0].fastapi_apps, plugins[0].external_views
    assert view["destination"] == "dag_run"
    assert view["href"].startswith(mounted["url_prefix"].removeprefix("/"))
    assert "{DAG_ID}" in view["href"]
    assert "{RUN_ID}" in view["href"]


def test_processes_that_do_not_serve_the_tab_import_one_small_module(plugins_folder: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", LOOK, str(plugins_folder)],
        capture_output=True,
        text=True,
        check=True,
        cwd=plugins_folder.parent,
    )
    imported = answer.stdout.split()
    assert "gmm_plugin" in imported
    heavy = {"fastapi", "altair", "vl_convert", "jinja2", "pandas", "sklearn", "include", "plugins"}
    assert not heavy & set(imported)
