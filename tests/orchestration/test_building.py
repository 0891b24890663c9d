"""What is wrong with the DAG of one segmentation takes no other away."""

from typing import Any

import pytest

pytest.importorskip("airflow", reason="needs Airflow")
from airflow.sdk import DAG

from include.gmm import settings
from include.gmm.errors import InputError
from include.gmm.settings import Segmentation
from include.orchestration.building import build

CUSTOMERS = settings.find("customers")
SEVERAL = [CUSTOMERS.model_copy(update={"name": name}) for name in ("one", "two", "three")]


@pytest.fixture(autouse=True)
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "load_all", lambda: (SEVERAL, []))


def dag(segmentation: Segmentation, **changes: Any) -> DAG:
    return DAG(dag_id=segmentation.name, schedule=None, **changes)


def test_every_segmentation_has_its_dag() -> None:
    built, faults = build(dag)
    assert list(built) == ["one", "two", "three"]
    assert not faults


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InputError("features.model: not there"), "features.model: not there"),
        (KeyError("surprise"), "two_cannot cannot be made: KeyError: 'surprise'"),
        (RecursionError("too\ndeep"), "two_cannot cannot be made: RecursionError: too deep"),
    ],
    ids=str,
)
def test_one_that_cannot_be_made_is_told_with_its_file(error: Exception, told: str) -> None:
    def two_cannot(segmentation: Segmentation) -> DAG:
        if segmentation.name == "two":
            raise error
        return dag(segmentation)

    built, faults = build(two_cannot)
    assert list(built) == ["one", "three"]
    assert list(map(str, faults)) == [f"{settings.SEGMENTATIONS / 'two.yaml'}: {told}"]


def test_one_that_airflow_would_refuse_is_told_as_well() -> None:
    def two_never(segmentation: Segmentation) -> DAG:
        two = segmentation.name == "two"
        return DAG(dag_id=segmentation.name, schedule="every day" if two else None)

    built, (fault,) = build(two_never)
    assert list(built) == ["one", "three"]
    assert "two.yaml: two_never cannot be made" in str(fault)
