"""Imported by every process of Airflow as it starts, because PYTHONPATH has the project's folder.

It is for what the Astro CLI's standalone mode leaves open. That names no plugins folder, and
Airflow would look for one in its home, .astro/standalone, which `astro dev kill` deletes. And it
makes an admin of everybody who reaches port 8080, on every network that the machine is in.
"""

import os
from pathlib import Path

__all__ = ["PLUGINS_FOLDER"]  # takes the place of the attribute of airflow.settings

PROJECT = Path(__file__).resolve().parent
PLUGINS_FOLDER = os.environ.get("AIRFLOW__CORE__PLUGINS_FOLDER") or str(PROJECT / "plugins")

if Path(os.environ.get("AIRFLOW_HOME", "")).resolve() == PROJECT / ".astro" / "standalone":
    # For this machine alone, as with script/start; .env may say otherwise. The names end in
    # .localhost where the CLI's proxy is asked.
    os.environ.setdefault("AIRFLOW__API__HOST", "127.0.0.1")
    os.environ.setdefault("GMM_TRUSTED_HOSTS", "127.0.0.1,localhost,*.localhost,[::1]")
