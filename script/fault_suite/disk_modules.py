"""What the processes that try disks have loaded when they begin."""

from include.gmm import __main__ as _main
from include.gmm import evaluation, training, warehouse
from include.gmm.commands import fitting, life
from include.gmm.page import export

__all__ = ["_main", "evaluation", "export", "fitting", "life", "training", "warehouse"]
