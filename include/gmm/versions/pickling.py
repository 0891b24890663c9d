"""A model as a file: compressed joblib, the same bytes for the same model.

A pickle names the classes and functions that rebuild it, and loading calls whatever is named. So
nothing but what our pipelines are made of may be named: a file that was replaced together with its
digest can still run nothing else. `joblib.load` reads the same file where that is no concern.
"""

from __future__ import annotations

import io
import pickle
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib
from joblib.numpy_pickle import NumpyPickler, NumpyUnpickler
from sklearn.pipeline import Pipeline

# All that a pickle of ours names: the pipeline's steps, and what arrays are rebuilt by.
ALLOWED = frozenset(
    {
        "builtins.slice",
        "joblib.numpy_pickle.NumpyArrayWrapper",
        "numpy._core.multiarray._reconstruct",
        "numpy._core.multiarray.scalar",
        "numpy.dtype",
        "numpy.log1p",
        "numpy.ndarray",
        "sklearn.compose._column_transformer.ColumnTransformer",
        "sklearn.mixture._gaussian_mixture.GaussianMixture",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing._function_transformer.FunctionTransformer",
    }
)


def dumped(model: Pipeline) -> bytes:
    """What a file of the model holds.

    Pickle writes a string that it has met before as a back-reference, so its bytes depend on which
    equal strings happen to be one object. One trip through a load settles that.
    """
    return _compressed(loaded(_compressed(model)))


def loaded(content: bytes) -> Pipeline:
    """The model in the bytes of a file.

    Raises pickle.UnpicklingError, with nothing of it called, when the file names anything but
    ALLOWED, and when it is damaged or no model.
    """
    try:
        model = _Unpickler("", io.BytesIO(zlib.decompress(content)), True).load()
    except pickle.UnpicklingError:
        raise
    except Exception as error:  # a damaged pickle raises whatever its opcodes lead to
        raise pickle.UnpicklingError(f"damaged ({type(error).__name__})") from error
    if not isinstance(model, Pipeline):
        raise pickle.UnpicklingError(f"a {type(model).__name__}, no pipeline")
    return model


class _Unpickler(NumpyUnpickler):  # type: ignore[misc]  # joblib has no types
    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" not in ALLOWED:
            raise pickle.UnpicklingError(f"it names {module}.{name}, of which no model is made")
        return super().find_class(module, name)


def _compressed(model: Any) -> bytes:
    buffer = io.BytesIO()
    with _plain_pickle():
        joblib.dump(model, buffer, compress=("zlib", 6))
    return buffer.getvalue()


@contextmanager
def _plain_pickle() -> Iterator[None]:
    """Take back what dill, where something imported it, put into the standard library's pickle.

    Airflow imports dill. With it, slices and the like are written as calls of dill: the file is
    not the one written outside Airflow, and cannot be loaded where dill is not installed. joblib's
    pickler keeps a copy of the table of savers, so that copy is the one to replace.
    """
    dill = sys.modules.get("dill")
    if dill is None:
        yield
        return
    table = NumpyPickler.dispatch
    dill.extend(use_dill=False)
    try:
        NumpyPickler.dispatch = NumpyPickler.__base__.dispatch.copy()
        yield
    finally:
        NumpyPickler.dispatch = table
        dill.extend(use_dill=True)
