"""Shows what is wrong with segmentation files as an Airflow import error. It makes no DAG."""

from include.gmm import settings
from include.gmm.errors import InputError

if faults := settings.load_all()[1]:
    raise InputError("; ".join(map(str, faults)))
