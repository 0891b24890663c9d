"""A model as a file: compressed joblib, the same bytes for the same model."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib
from joblib.numpy_pickle import NumpyPickler
from sklearn.pipeline import Pipeline


def dumped(model: Pipeline) -> bytes:
    """What a file of the model holds.

    Pickle writes a string that it has met before as a back-reference, so its bytes depend on which
    equal strings happen to be one object. One trip through a load settles that.
    """
    content = _compressed(model)
    return _compressed(joblib.load(io.BytesIO(content)))


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
