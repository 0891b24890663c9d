"""Segmentation files: the shipped one with something changed, read beside one that is sound."""

from __future__ import annotations

import contextlib
import io
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from include.gmm import settings
from include.gmm.errors import InputError
from include.gmm.settings import Segmentation
from script.fault_suite.settings_changes import SHIPPED, changed
from script.fault_suite.settings_read import differences
from script.fault_suite.trial import Kind, Outcome, Trial

SOUND = SHIPPED.replace("table: customer_scores", "table: sound_segments")


def run(count: int, seed: int) -> Iterator[Trial]:
    """Change the shipped file in some way, and compare what is read with what YAML's nodes say."""
    with tempfile.TemporaryDirectory() as scratch:
        # Read when Airflow is imported, below.
        os.environ.setdefault("AIRFLOW_HOME", scratch)
        os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
        makers = _makers()
        for number in range(count):
            rng = random.Random(f"{seed}/{number}")  # noqa: S311
            folder = Path(scratch, str(number))
            folder.mkdir()
            yield _trial(f"{seed}/{number}", rng, folder, makers)


def _makers() -> list[Callable[[Segmentation], Any]]:
    from airflow.serialization.serialized_objects import DagSerialization

    from dags import monitor, rollback, score, train

    def whole(make: Callable[[Segmentation], Any]) -> Callable[[Segmentation], Any]:
        """Made, and read as Airflow's scheduler reads it."""

        def made(segmentation: Segmentation) -> None:
            dag = make(segmentation)
            dag.validate()
            DagSerialization.from_dict(DagSerialization.to_dict(dag))

        return made

    with _quiet():
        return [
            whole(make)
            for make in (
                train.train_dag,
                score.score_dag,
                monitor.monitor_dag,
                rollback.rollback_dag,
            )
        ]


def _trial(
    label: str, rng: random.Random, folder: Path, makers: list[Callable[[Segmentation], Any]]
) -> Trial:
    how, content, harmless = changed(rng)
    label = f"{label} {how}"
    (folder / "a_sound_one.yaml").write_text(SOUND, encoding="utf-8")
    path = folder / "other.yaml"
    path.write_bytes(content)
    try:
        found, faults = settings.load_all(folder)
        if [each.name for each in found[:1]] != ["a_sound_one"]:
            return Trial(label, Outcome.WRONG, "the sound file beside it was lost")
        if len(found) + len(faults) != 2:
            return Trial(label, Outcome.WRONG, "it was ignored without a word")
        if faults:
            return _refused(label, path, str(faults[0]), harmless)
        if wrong := differences(content, found[1]):
            return Trial(label, Outcome.WRONG, wrong)
        with _quiet():
            for make in makers:
                make(found[1])
    except InputError as error:  # of a DAG: it names the key, include/orchestration adds the file
        return _refused(label, path, f"{path}: {error}", harmless)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return Trial(label, Outcome.TRACEBACK, f"{type(error).__name__}: {error}"[:300])
    return Trial(label, Outcome.RIGHT)


def _refused(label: str, path: Path, told: str, harmless: bool) -> Trial:
    if harmless:
        return Trial(label, Outcome.WRONG, f"it is sound, and was refused: {told}"[:300])
    if not told.startswith(f"{path}: ") or "\n" in told:
        return Trial(label, Outcome.WRONG, f"not a line that names the file: {told}"[:300])
    return Trial(label, Outcome.REFUSED, told)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Airflow and Cosmos say much while DAGs are made, and a table goes to the output."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


KIND = Kind("settings", "Segmentation files in YAML", full=2000, quick=100, run=run)
