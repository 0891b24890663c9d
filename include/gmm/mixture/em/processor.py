"""For which processor the kernel is compiled: this one, or in an image all the common ones.

numba compiles for the processor that it runs on, and takes what is in its cache for one of the same
name and features only: what was compiled while an image was built no worker would find. Where a
cache is named (NUMBA_CACHE_DIR, as in the image), the kernel is compiled for the level x86-64-v3
in its place, on processors with AVX2 and FMA: there the numbers have the same bits, and a pass over
the rows takes the same time.
"""

from __future__ import annotations

import platform

import llvmlite.binding
import numba

COMMON = "x86-64-v3"  # servers since Haswell (2013) and Zen (2017)
FEATURES = frozenset(
    {"avx", "avx2", "bmi", "bmi2", "cx16", "f16c", "fma", "lzcnt", "movbe", "popcnt"}
) | {"sahf", "sse3", "sse4.1", "sse4.2", "ssse3", "xsave"}


def is_common() -> bool:
    """Does this processor run what is compiled for x86-64-v3?"""
    present = {
        name for name, is_there in llvmlite.binding.get_host_cpu_features().items() if is_there
    }
    return present >= FEATURES and bool(numba.config.ENABLE_AVX)


def aim() -> None:
    """Have numba compile for COMMON where a cache is named, unless NUMBA_CPU_NAME is set."""
    if numba.config.CACHE_DIR and numba.config.CPU_NAME is None and is_common():
        _compile_for_common()


def aim_from_anywhere() -> None:
    """As `aim`, but for what another processor will run: this one need not be able to."""
    if platform.machine().lower() in ("x86_64", "amd64"):
        _compile_for_common()


def _compile_for_common() -> None:
    numba.config.CPU_NAME, numba.config.CPU_FEATURES = COMMON, ""
