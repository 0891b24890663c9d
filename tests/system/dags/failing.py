"""A run that fails, for the tests of how failures are told. Copied into dags/ by the fixture."""

from datetime import timedelta

from airflow.sdk import dag, task


@dag(dag_id="failing", schedule=None, catchup=False)
def failing() -> None:
    @task(retries=1, retry_delay=timedelta(seconds=3))
    def breaks() -> None:
        try:
            int("seven")
        except ValueError as error:
            raise RuntimeError("seven is no number\nand never was") from error

    @task
    def never_reached() -> None:
        pass

    breaks() >> never_reached()


failing()
