"""What can go wrong with a local Airflow, said in one line."""

from __future__ import annotations


class StartError(Exception):
    """Airflow could not be started, or did not do what was asked; the message is for the user."""
