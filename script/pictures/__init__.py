"""Pictures of the pages, as they are in a real Airflow."""
