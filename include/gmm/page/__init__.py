"""What people look at: the pages of a summary, in the Airflow UI and as a file."""
