"""Where there is no uv, pip brings the one of script/lib/uv.txt, or none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.conftest import PROJECT

LIB = PROJECT / "script" / "lib"
if not LIB.is_dir():
    pytest.skip("script/ is not in the image", allow_module_level=True)


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A folder with the commands that are needed, a Python that has pip among them, and no uv."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "grep", "tail"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    for place in os.get_exec_path():
        python = Path(place) / "python3"
        has_pip = [str(python), "-m", "pip", "--version"]
        if python.is_file() and not subprocess.run(has_pip, capture_output=True).returncode:
            code = 'import sys; print(sys.executable, end="")'
            real = subprocess.run([str(python), "-c", code], capture_output=True, text=True).stdout
            (folder / "python3").symlink_to(real)
            return folder
    pytest.skip("no python3 on PATH has pip")


def test_a_uv_of_another_hash_is_not_installed(tmp_path: Path, commands: Path) -> None:
    (tmp_path / "script").mkdir()
    shutil.copytree(LIB, tmp_path / "script" / "lib")
    version = re.findall(r"^uv==(\S+)", (LIB / "uv.txt").read_text(), re.M)[0]
    another(tmp_path / "wheels", version)

    asked = subprocess.run(
        ["bash", "-c", "source script/lib/uv.sh; find_uv"],
        cwd=tmp_path,
        env={
            "PATH": str(commands),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(tmp_path / "wheels"),
        },
        capture_output=True,
        text=True,
    )
    assert asked.returncode == 1
    assert asked.stdout == ""
    assert "DO NOT MATCH THE HASHES" in asked.stderr, asked.stderr
    assert not (tmp_path / ".uv").exists()


def another(folder: Path, version: str) -> None:
    """A wheel with the name and version of uv."""
    folder.mkdir()
    told = f"Metadata-Version: 2.1\nName: uv\nVersion: {version}\n"
    with zipfile.ZipFile(folder / f"uv-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"uv-{version}.dist-info/METADATA", told)
        wheel.writestr(f"uv-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"uv-{version}.dist-info/RECORD", "")
