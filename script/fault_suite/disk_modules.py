"""What the processes that try disks have loaded when they begin.

Another user may not be able to read where Python is installed, and loads nothing later.
"""

from encodings import utf_8_sig

from include.gmm import __main__ as _main
from include.gmm import evaluation, training
from include.gmm.commands import fitting, life
from include.gmm.page import export
from include.gmm.warehouse import duckdb, profiles

__all__ = [
    "_main",
    "duckdb",
    "evaluation",
    "export",
    "fitting",
    "life",
    "profiles",
    "training",
    "utf_8_sig",
]
