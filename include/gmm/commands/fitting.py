"""`fit` and `report`: from a file to a version, and from a version to its page."""

from __future__ import annotations

import argparse
import re
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import Progress

from include.gmm import settings
from include.gmm.errors import InputError
from include.gmm.evaluation import evaluate
from include.gmm.files import read_file
from include.gmm.mixture.progress import Progress as MixtureProgress
from include.gmm.settings import Segmentation
from include.gmm.terminal import render
from include.gmm.training import train
from include.gmm.versions import artifacts, saved_summary


def fit(options: argparse.Namespace, console: Console) -> None:
    """Choose and fit a mixture to a file, save it, load it back, and print its segments."""
    key = settings.find(options.segmentation).features.key if options.segmentation else options.key
    frame = read_file(options.file, key)
    chosen = _settings(options, frame)
    where = str(options.file)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Reading")

        def show(progress: MixtureProgress) -> None:
            bar.update(
                task, description=progress.stage, completed=progress.done, total=progress.total
            )

        reference = train(frame, chosen, options.output, where, show)
    summary = evaluate(options.output, reference, frame, where)
    console.print(render(summary))
    folder = artifacts.folder_of(options.output, reference)
    console.print(f"Saved in {folder}; report.html there is its page", markup=False)


def report(options: argparse.Namespace, console: Console) -> None:
    """Draw the page of a version as one HTML file."""
    summary = saved_summary.read(options.folder)
    # Imported here, because `fit` can refuse its input without what draws.
    from include.gmm.page import export

    page = export.report(summary)
    output = options.output or options.folder / "report.html"
    try:
        artifacts.add(output, page.encode())
    except OSError as error:
        raise InputError(f"{output}: cannot be written ({error.strerror})") from error
    console.print(f"Saved {output}", markup=False)


def _settings(options: argparse.Namespace, frame: pd.DataFrame) -> Segmentation:
    """The settings of a segmentation file, or those that the options and the columns give."""
    if options.segmentation:
        if options.key or options.features:
            raise InputError("--segmentation brings key and features: leave out --key, --features")
        content = settings.find(options.segmentation).model_dump()
        return settings.validate(_with_options(content, options), "options")
    if not options.key:
        raise InputError("--key COLUMN is needed: the column that tells rows apart")
    if frame.empty:
        raise InputError(f"{options.file}: there are no rows")
    if options.features:
        names = [name.strip() for name in options.features.split(",") if name.strip()]
    else:
        numeric = frame.select_dtypes("number").columns
        names = [name for name in numeric if name != options.key]
        if not names:
            raise InputError(f"{options.file}: no column of numbers besides the key")
    stem = re.sub(r"[^a-z0-9]+", "_", options.file.name.split(".")[0].lower()).strip("_")
    name = (stem if stem[:1].isalpha() else f"file_{stem}")[:60]
    content = {
        "name": name,
        "title": options.file.name,
        "source": {"table": f"files.{name}", "columns": {options.key: "VARCHAR"}},
        "features": {
            "model": name,
            "key": options.key,
            "columns": {feature: {} for feature in names},
        },
        "mixture": {"n_components": {}},
    }
    return settings.validate(_with_options(content, options), "options")


def _with_options(content: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    if options.seed is not None:
        content["mixture"]["seed"] = options.seed
    if options.max_components is not None:
        content["mixture"]["n_components"]["max"] = options.max_components
    return content
