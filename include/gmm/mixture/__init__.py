"""Gaussian mixtures fitted to rows that need not fit into memory, and the choice between them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from include.gmm.mixture.estimator import StreamingGaussianMixture
    from include.gmm.mixture.selection import Selection, select_mixture

__all__ = ["Selection", "StreamingGaussianMixture", "select_mixture"]


def __getattr__(name: str) -> Any:
    # Imported when asked for: whoever needs but a type of ours does not wait for scikit-learn.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    file = "estimator" if name == "StreamingGaussianMixture" else "selection"
    return getattr(import_module(f"{__name__}.{file}"), name)
