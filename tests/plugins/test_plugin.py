"""How Airflow finds the tab, and what that costs the processes that never serve it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow import plugins_manager
from airflow._shared.plugins_manager import _load_plugins_from_plugin_directory
from airflow.api_fastapi.core_api.datamodels.plugins import ExternalViewResponse
from fastapi.routing import APIRoute
from starlette.routing import Match

from plugins.gmm_summaries.app import app

LOOK = """
import sys
from airflow._shared.plugins_manager import _load_plugins_from_plugin_directory
before = set(sys.modules)
plugins, errors = _load_plugins_from_plugin_directory(sys.argv[1])
assert not errors, errors
print("\\n".join(sorted(set(sys.modules) - before)))
"""


@pytest.fixture
def plugin(plugins_folder: Path) -> Any:
    """The one plugin of the folder, as Airflow loads it."""
    (plugin,), errors = _load_plugins_from_plugin_directory(str(plugins_folder))
    assert errors == {}
    return plugin


def test_airflow_finds_one_plugin_with_its_app_and_its_three_places_in_the_ui(plugin: Any) -> None:
    (mounted,) = plugin.fastapi_apps
    assert plugin.name == "gmm_summaries"
    assert {view["destination"]: view["href"] for view in plugin.external_views} == {
        "dag_run": "gmm/{DAG_ID}/{RUN_ID}/clusters",
        "dag": "gmm/{DAG_ID}/clusters",
        "nav": "gmm/segmentations",
    }
    assert mounted["url_prefix"] == "/gmm"


def test_airflow_drops_none_of_the_views_and_gives_out_all_of_them(
    plugin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins_manager, "_get_plugins", lambda: ([plugin], {}))
    plugins_manager._get_ui_plugins.cache_clear()
    shown, _ = plugins_manager._get_ui_plugins()
    plugins_manager._get_ui_plugins.cache_clear()
    assert len(shown) == len(plugin.external_views) == 3
    for view in shown:
        assert ExternalViewResponse.model_validate(view).href == view["href"]


def test_each_view_leads_to_a_page_of_the_app(plugin: Any) -> None:
    (mounted,) = plugin.fastapi_apps
    for view in plugin.external_views:
        path = f"/{view['href']}".removeprefix(mounted["url_prefix"])
        scope = {"type": "http", "method": "GET", "path": path}
        route = next(each for each in app.routes if each.matches(scope)[0] is Match.FULL)
        assert isinstance(route, APIRoute)
        assert route.name != "nothing"


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
