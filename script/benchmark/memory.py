"""The most memory that this process has had."""

from __future__ import annotations

import re
import resource
import sys
from contextlib import suppress
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak() -> int:
    """Bytes resident at most, since restart_peak.

    ru_maxrss is only the second choice: on Linux a process starts with its parent's.
    """
    with suppress(OSError):
        if found := re.search(r"^VmHWM:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE):
            return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


def restart_peak() -> int:
    """Forget the peak so far where the system can (Linux), and return the peak from here on."""
    with suppress(OSError):
        _CLEAR.write_text("5")
    return peak()
