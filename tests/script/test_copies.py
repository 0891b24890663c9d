"""Copies of the project, in which the system tests run it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("script.local_airflow", reason="script/ is not here: not in the image")

from include.gmm import settings
from tests.system.copies import copy_project


def test_nothing_happens_by_the_clock_in_a_copy(tmp_path: Path) -> None:
    copied = settings.load_all(copy_project(tmp_path / "project") / "include" / "segmentations")[0]
    original = settings.load_all()[0]
    assert [each.monitoring.schedule for each in copied] == [None] * len(original)
    for one, other in zip(copied, original, strict=True):
        monitoring = other.monitoring.model_copy(update={"schedule": None})
        assert one == other.model_copy(update={"monitoring": monitoring})
