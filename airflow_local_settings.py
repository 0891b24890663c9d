"""Imported by every process of Airflow as it starts, because PYTHONPATH has the project's folder.

The Astro CLI's standalone mode names no plugins folder, and Airflow would look for one in its home,
.astro/standalone, which `astro dev kill` deletes.
"""

import os
from pathlib import Path

__all__ = ["PLUGINS_FOLDER"]  # takes the place of the attribute of airflow.settings

PLUGINS_FOLDER = os.environ.get("AIRFLOW__CORE__PLUGINS_FOLDER") or str(
    Path(__file__).resolve().parent / "plugins"
)
