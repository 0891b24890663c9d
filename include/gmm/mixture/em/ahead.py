"""Compile the kernel before anybody waits for it: `python -m include.gmm.mixture.em.ahead`.

The Dockerfile does, so that a container starts with the kernel in NUMBA_CACHE_DIR. Nothing of it is
run here: the machine that builds an image may lack what those that run it have.
"""

from __future__ import annotations

import numba
import numpy as np

from include.gmm.mixture.em import compiled, processor
from include.gmm.mixture.em.kernel import expanded_width, log_density
from include.gmm.mixture.parameters import Parameters


def compile_all() -> None:
    """Both functions of the kernel, for the types with which they are called."""
    processor.aim_from_anywhere()
    one = Parameters(np.ones(1), np.zeros((1, 1)), np.ones((1, 1, 1)), sizes=(1,))
    density = compiled.prepare(log_density(one, np.zeros(1)))
    rows, numbers = np.zeros((1, 1)), np.zeros(1)
    statistics, own_statistics = (
        np.zeros((1, 1, 1)),
        np.zeros((1, expanded_width(1, cross_products=True))),
    )
    for function, arguments in (
        (
            compiled._accumulate,
            (rows, rows, numbers, density, numbers, statistics, own_statistics),
        ),
        (compiled.memberships, (rows, density, rows, numbers)),
    ):
        function.compile(tuple(numba.typeof(argument) for argument in arguments))


if __name__ == "__main__":
    compile_all()
