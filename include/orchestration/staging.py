"""Folders in which dbt finds what one model needs, and nothing else."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from include.gmm.settings import DBT_PROJECT, WORKING_DATA
from include.orchestration.dbt_project import PACKAGES

STAGES = WORKING_DATA / "dbt"
UNUSED_AFTER = 24 * 3600  # seconds; every reading of a DAG counts as use


def staged(contents: Mapping[str, bytes], stages: Path = STAGES) -> Path:
    """A folder with these files, named by their digest: what it holds never changes.

    Every process that reads the DAG makes it, or finds it there, so that workers need share none.
    """
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(f"{name}\0{len(contents[name])}\0".encode() + contents[name])
    project = stages / digest.hexdigest()[:16] / DBT_PROJECT.name
    if not project.is_dir():
        _make(project, contents)
    with suppress(OSError):
        os.utime(project.parent)
    return project


def _make(project: Path, contents: Mapping[str, bytes]) -> None:
    stages = project.parents[1]
    stages.mkdir(parents=True, exist_ok=True)
    _forget_unused(stages)
    with tempfile.TemporaryDirectory(dir=stages, prefix=".") as draft:
        stage = Path(draft) / project.parent.name
        for name, content in contents.items():
            file = stage / project.name / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        if (DBT_PROJECT / PACKAGES).is_dir():
            (stage / project.name / PACKAGES).symlink_to(DBT_PROJECT / PACKAGES)
        try:
            stage.rename(project.parent)
        except OSError:
            if not project.is_dir():  # else another process was first
                raise


def _forget_unused(stages: Path) -> None:
    for stage in stages.iterdir():
        with suppress(OSError):
            if stage.stat().st_mtime < time.time() - UNUSED_AFTER:
                # In one step: a folder with that name is whole.
                shutil.rmtree(stage.rename(stage.with_name(f".{stage.name}")))
