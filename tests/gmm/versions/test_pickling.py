"""A file of a model: what it may name, and what becomes of one that names anything else."""

import io
import os
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from include.gmm.errors import InputError
from include.gmm.mixture import select_mixture
from include.gmm.settings import CovarianceType
from include.gmm.store import Store
from include.gmm.transform import Scale, preparation_of
from include.gmm.versions import artifacts, pickling
from include.gmm.versions.records import Reference
from include.gmm.versions.seal import sealed


class Called:
    """Runs `function` with `argument` when it is unpickled."""

    def __init__(self, function: Any, argument: Any) -> None:
        self._reduced = function, (argument,)

    def __reduce__(self) -> Any:
        return self._reduced


def as_file(thing: Any) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(thing, buffer, compress=("zlib", 6))
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_every_model_of_ours_comes_back_the_same(kind: CovarianceType) -> None:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"a": generator.lognormal(size=200), "b": generator.normal(size=200)})
    preparation = preparation_of({"a": Scale("log1p", 0.0), "b": Scale("none", 0.0)})
    rows = preparation.fit_transform(frame)
    mixture = select_mixture(pd.DataFrame(rows, columns=["a", "b"]), [2], [kind]).to_sklearn()
    model = Pipeline([*preparation.steps, ("mixture", mixture)])
    content = pickling.dumped(model)
    again = pickling.loaded(content)
    assert (again.predict_proba(frame) == model.predict_proba(frame)).all()
    assert pickling.dumped(again) == content
    assert (
        joblib.load(io.BytesIO(content)).predict_proba(frame) == model.predict_proba(frame)
    ).all()


@pytest.mark.parametrize("wrapped", ["alone", "in a pipeline", "in an array", "as a function"])
def test_foreign_code_is_named_and_not_run(tmp_path: Path, wrapped: str) -> None:
    marker = tmp_path / "made"
    foreign = Called(os.mkdir, str(marker))
    things: dict[str, Callable[[], Any]] = {
        "alone": lambda: foreign,
        "in a pipeline": lambda: Pipeline([("scale", StandardScaler()), ("mixture", foreign)]),
        "in an array": lambda: Pipeline([("scale", np.array([foreign], dtype=object))]),
        "as a function": lambda: Pipeline([("scale", FunctionTransformer(os.system))]),
    }
    content = things[wrapped]()
    with pytest.raises(pickle.UnpicklingError, match=r"it names posix\.(mkdir|system)"):
        pickling.loaded(as_file(content))
    assert not marker.exists()


def test_what_is_no_pipeline_is_no_model() -> None:
    with pytest.raises(pickle.UnpicklingError, match="no pipeline"):
        pickling.loaded(as_file([1, 2]))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
def test_a_file_damaged_anywhere_is_refused_or_whole(store: Store, reference: Reference) -> None:
    whole = store.read(artifacts.file_of(reference, "model.joblib"))
    plain = zlib.decompress(whole)
    generator = np.random.default_rng(1)
    for place in generator.integers(0, len(plain), 200):
        damaged = bytearray(plain)
        damaged[place] ^= 1 << generator.integers(0, 8)
        try:
            found = pickling.loaded(zlib.compress(bytes(damaged)))
        except pickle.UnpicklingError:
            continue
        assert isinstance(found, Pipeline)


def test_a_manifest_that_was_adapted_to_a_foreign_model_does_not_run_it(
    store: Store, reference: Reference, tmp_path: Path
) -> None:
    """Who can write the folder can make digests fit; what is in the pickle is still not called."""
    marker = tmp_path / "made"
    content = as_file(Pipeline([("scale", Called(os.mkdir, str(marker)))]))
    manifest = artifacts.load_manifest(store, reference)
    files = {**manifest.files, "model.joblib": artifacts.sha256(content)}
    store.replace(artifacts.file_of(reference, "model.joblib"), content)
    forged = manifest.model_copy(update={"files": files})
    store.replace(artifacts.file_of(reference, artifacts.MANIFEST), sealed(forged))
    found = artifacts.find(store, reference.segmentation, reference.version)
    with pytest.raises(InputError, match=r"model.joblib: is not loaded: it names posix.mkdir"):
        artifacts.load(store, found)
    assert not marker.exists()
