"""The shipped purchases month by month, as they would have arrived."""

from __future__ import annotations

import pandas as pd

from tests.conftest import PROJECT
from tests.system.conftest import AirflowWithRun

PURCHASES = "include/data/cdnow_purchases.csv.gz"
TRAINED_UNTIL = "19980331"  # days in this form are in order as text, too


def bring_purchases(airflow: AirflowWithRun, until: str = "99999999") -> None:
    """The purchases up to a day, as the file that load_data loads there."""
    purchases = pd.read_csv(PROJECT / PURCHASES, dtype=str)
    purchases[purchases["date"] <= until].to_csv(airflow.folder / PURCHASES, index=False)
