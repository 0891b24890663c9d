"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from joblib import cpu_count
from threadpoolctl import threadpool_info

LIBRARIES = ("numpy", "scikit-learn", "numba", "pyarrow")


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    with suppress(OSError):
        if found := re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.M):
            return found[1]
    with suppress(OSError, subprocess.CalledProcessError):
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL).strip()
    return platform.processor() or platform.machine()


def facts(one_dal: str | None) -> list[str]:
    """Lines on the machine and on versions; `one_dal` is that of oneDAL, if it takes part."""
    versions = [f"Python {platform.python_version()}"]
    for library in LIBRARIES:
        with suppress(PackageNotFoundError):
            versions.append(f"{library} {version(library)}")
    if one_dal:
        versions.append(f"oneDAL {one_dal}")
    blas = {
        f"{info['internal_api']} {info['version']} ({info.get('architecture', 'any')})"
        for info in threadpool_info()
        if info["user_api"] == "blas"
    }
    return [
        f"{processor()} ({platform.machine()}), {cpu_count()} cores, {platform.system()}; "
        f"load before: {os.getloadavg()[0]:.1f}",
        ", ".join([*versions, *sorted(blas)]),
    ]
