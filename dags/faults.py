"""Shows as one Airflow import error all that keeps a DAG from being made. It makes none itself."""

from contextlib import suppress
from importlib import import_module

import dags.interface  # noqa: F401  first: does include/ fit?
from include.gmm import settings
from include.gmm.errors import InputError, one_line
from include.orchestration import notifications
from include.orchestration.dbt_project import DbtProject

segmentations, faults = settings.load_all()
for name in ("train", "score", "monitor", "rollback"):
    with suppress(Exception):  # a file that cannot be imported Airflow tells of itself
        faults += import_module(f"dags.{name}").FAULTS
for segmentation in segmentations:
    faults += notifications.faults(segmentation)
# Two DAGs of one segmentation may have the same.
told = list(dict.fromkeys(one_line(str(fault)) for fault in faults))
told += [
    fault
    for fault in DbtProject(settings.DBT_PROJECT).faults()
    if not any(fault in one for one in told)
]
if told:
    raise InputError("\n".join(["some DAGs cannot be made.", *told]))
