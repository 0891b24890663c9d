"""`keys`: what signs versions and champions, and what verifies them."""

from __future__ import annotations

import argparse

from rich.console import Console

from include.gmm.versions.seal import SIGNING_KEY, VERIFYING_KEYS, new_keys


def keys(_: argparse.Namespace, console: Console) -> None:
    """Print a new pair of keys, as settings of the environment."""
    signing, verifying = new_keys()
    console.print(f"{SIGNING_KEY}={signing}", markup=False, highlight=False)
    console.print(f"{VERIFYING_KEYS}={verifying}", markup=False, highlight=False)
