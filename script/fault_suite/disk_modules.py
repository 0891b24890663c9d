"""What the processes that try disks have loaded when they begin.

Another user may not be able to read where Python is installed, and loads nothing later.
"""

from encodings import utf_8_sig

from include.gmm import __main__ as _main
from include.gmm import evaluation, training, warehouse
from include.gmm.commands import fitting, life
from include.gmm.page import export

__all__ = ["_main", "evaluation", "export", "fitting", "life", "training", "utf_8_sig", "warehouse"]
