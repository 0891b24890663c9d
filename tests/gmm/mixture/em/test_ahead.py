"""The kernel is compiled before anybody waits for it, for all common processors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="numba is not installed here")
from llvmlite import binding

from include.gmm.mixture.em import processor
from tests.conftest import PROJECT

USED = """
import json, numpy as np
from include.gmm.mixture import StreamingGaussianMixture
from include.gmm.mixture.em import compiled, passes
passes.WORTH_COMPILING = 0
rows = np.random.default_rng(0).normal(size=(500, 2))
for kind in ("full", "diag"):
    mixture = StreamingGaussianMixture(2, covariance_type=kind, random_state=0).fit(rows)
    mixture.predict_proba(rows)
functions = (compiled._accumulate, compiled.memberships)
found = [[len(f.stats.cache_hits), len(f.stats.cache_misses)] for f in functions]
numbers = [mixture.means_.tobytes().hex(), mixture.covariances_.tobytes().hex()]
print(json.dumps({"found": found, "numbers": numbers}))
"""


def ran(*python: str, **variables: str) -> str:
    """What a Python says that numba's variables tell nothing but these."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA")}
    return subprocess.run(
        [sys.executable, "-W", "ignore", *python],
        cwd=PROJECT,
        env=inherited | {"PYTHONPATH": str(PROJECT)} | variables,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the image's build leaves behind, and its user can add to."""
    folder = tmp_path_factory.mktemp("compiled")
    ran("-m", "include.gmm.mixture.em.ahead", NUMBA_CACHE_DIR=str(folder))
    return folder


@pytest.mark.skipif(not processor.is_common(), reason="this processor lacks AVX2")
def test_a_fit_compiles_nothing_any_more(cache: Path) -> None:
    told = json.loads(ran("-c", USED, NUMBA_CACHE_DIR=str(cache)))
    assert told["found"] == [[1, 0], [1, 0]], "hits and misses of both functions"


@pytest.mark.skipif(not processor.is_common(), reason="this processor lacks AVX2")
def test_the_numbers_are_those_of_this_very_processor(cache: Path, tmp_path: Path) -> None:
    common = json.loads(ran("-c", USED, NUMBA_CACHE_DIR=str(cache)))["numbers"]
    own = ran("-c", USED, NUMBA_CACHE_DIR=str(tmp_path), NUMBA_CPU_NAME=binding.get_host_cpu_name())
    assert json.loads(own)["numbers"] == common


AIMED = """
import numba
from include.gmm.mixture.em import processor
{before}
processor.aim()
print(numba.config.CPU_NAME)
"""
LACKING = "processor.FEATURES |= {'an instruction of the year 2050'}"


@pytest.mark.parametrize(
    ("before", "variables", "expected"),
    [
        ("", {"NUMBA_CPU_NAME": "haswell"}, "haswell"),
        (LACKING, {}, "None"),
        ("", {"NUMBA_ENABLE_AVX": "0"}, "None"),
        ("", {"NUMBA_CACHE_DIR": ""}, "None"),
    ],
    ids=["another wish", "an instruction is lacking", "without AVX", "no cache is named"],
)
def test_the_kernel_is_for_this_very_processor_where_the_common_one_does_not_suit(
    before: str, variables: dict[str, str], expected: str, tmp_path: Path
) -> None:
    given = {"NUMBA_CACHE_DIR": str(tmp_path), **variables}
    assert ran("-c", AIMED.format(before=before), **given).strip() == expected
