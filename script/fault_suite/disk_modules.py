"""What the processes that try disks have loaded when they begin.

Another user may not be able to read where Python is installed, and loads nothing later.
"""

from encodings import utf_8_sig

__all__ = [
    *("_main", "duckdb", "evaluation", "export", "fitting", "life", "profiles", "training"),
    "utf_8_sig",
]
