"""CI runs what everybody runs, may read and nothing more, and takes actions by their commit."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.conftest import PROJECT

FILE = PROJECT / ".github" / "workflows" / "ci.yml"


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    if not FILE.is_file():
        pytest.skip("the workflow is not in the image")
    content: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return content


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_it_may_read_the_repository_and_nothing_more(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert not [name for name, job in workflow["jobs"].items() if "permissions" in job]
    kept = [step for step in steps(workflow) if "actions/checkout" in step.get("uses", "")]
    assert [step["with"] for step in kept] == [{"persist-credentials": False}] * len(kept)


def test_every_action_is_a_commit(workflow: dict[str, Any]) -> None:
    uses = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert uses
    assert [use for use in uses if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", use)] == []


def test_it_runs_scripts_that_are_there(workflow: dict[str, Any]) -> None:
    scripts = {step["run"] for step in steps(workflow) if step.get("run", "").startswith("script/")}
    assert scripts >= {"script/test", "script/audit", "script/image_tests"}
    assert [name for name in scripts if not (PROJECT / name).is_file()] == []
