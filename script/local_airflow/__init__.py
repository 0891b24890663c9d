"""Airflow on one's own machine, without Docker: what script/start and the system tests run."""
