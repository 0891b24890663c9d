"""A training that fails before there is a model, for the tests of what the tab says then."""

from airflow.sdk import dag, task


@dag(dag_id="broken_train", schedule=None, catchup=False)
def broken_train() -> None:
    @task
    def load_data() -> None:
        raise RuntimeError("the file is not there")

    @task
    def load_model_and_evaluate() -> None:
        pass

    load_data() >> load_model_and_evaluate()


broken_train()
