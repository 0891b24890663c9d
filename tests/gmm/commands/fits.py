"""Fits of a file by the command line, for tests."""

from pathlib import Path

from include.gmm.__main__ import main
from include.gmm.summary import Summary
from include.gmm.versions import saved_summary

QUICK = ["--key", "shopper", "--features", "visits", "--max-components", "2"]


def fit(file: Path, *options: str) -> int:
    """The status of a fit whose versions go into a folder beside the file."""
    return main(["fit", str(file), "--output", str(file.parent / "models"), *options])


def summaries(file: Path) -> list[Summary]:
    """Those of all versions there."""
    found = sorted((file.parent / "models").rglob("summary.json"))
    return [saved_summary.in_folder(path.parent) for path in found]
