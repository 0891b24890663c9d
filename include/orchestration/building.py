"""The DAGs of all segmentations: what is wrong with one takes no other away."""

from __future__ import annotations

from collections.abc import Callable

from airflow.sdk import DAG

from include.gmm import settings
from include.gmm.errors import InputError, one_line
from include.gmm.settings import Segmentation


def build(make: Callable[[Segmentation], DAG]) -> tuple[dict[str, DAG], list[InputError]]:
    """The DAG of every segmentation, and why others have none.

    Parameters
    ----------
    make
        Makes the DAG of one segmentation, or raises.

    Returns
    -------
    tuple[dict[str, DAG], list[InputError]]
        DAGs by id, for the `globals()` of a DAG file, and a fault for each that could not be made,
        which names the segmentation's file; dags/faults.py shows them all.
    """
    built: dict[str, DAG] = {}
    faults: list[InputError] = []
    for segmentation in settings.load_all()[0]:
        try:
            dag = make(segmentation)
            # An error that Airflow itself finds here would take all DAGs of the file away.
            dag.validate()  # type: ignore[no-untyped-call]
            dag.check_cycle()
        except Exception as error:  # whatever it is, the others go on
            told = str(error) if isinstance(error, InputError) else _surprise(error, make)
            file = settings.SEGMENTATIONS / f"{segmentation.name}.yaml"
            faults.append(InputError(f"{file}: {one_line(told)}"))
        else:
            built[dag.dag_id] = dag
    return built, faults


def _surprise(error: Exception, make: Callable[[Segmentation], DAG]) -> str:
    return f"{make.__name__} cannot be made: {type(error).__name__}: {error}"
