"""Shows what is wrong with segmentation files as an Airflow import error. It makes no DAG."""

from include.gmm import settings
from include.gmm.errors import InputError
from include.orchestration import notifications

segmentations, faults = settings.load_all()
for segmentation in segmentations:
    faults += notifications.faults(segmentation)
if faults:
    raise InputError("; ".join(map(str, faults)))
