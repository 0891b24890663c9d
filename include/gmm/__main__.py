"""The command line: `python -m include.gmm fit FILE --key COLUMN`, and `report FOLDER`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
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


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 when it did what was asked, 2 when the input was refused."""
    options = _parser().parse_args(arguments)
    console = Console(soft_wrap=True)
    try:
        options.run(options, console)
    except InputError as error:
        Console(stderr=True, soft_wrap=True).print(f"error: {error}", markup=False)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m include.gmm", description="Segments with Gaussian mixtures."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    fit = commands.add_parser(
        "fit",
        help="choose and fit a mixture to a file",
        description="Choose and fit a mixture to a CSV or Parquet file with one row per key, save "
        "it as a version, load that version back, and print its segments.",
    )
    fit.set_defaults(run=_fit)
    fit.add_argument("file", type=Path, metavar="FILE", help="CSV or Parquet, one row per key")
    fit.add_argument("--key", metavar="COLUMN", help="the column that tells rows apart")
    fit.add_argument(
        "--features",
        metavar="A,B",
        help="columns to fit to (without it: every column of numbers but the key)",
    )
    fit.add_argument(
        "--segmentation",
        metavar="NAME",
        help="take key, features and mixture settings from include/segmentations/NAME.yaml",
    )
    fit.add_argument("--max-components", type=int, metavar="K", help="largest number of segments")
    fit.add_argument("--seed", type=int, metavar="N", help="seed of the starts")
    fit.add_argument(
        "--output",
        type=Path,
        default=settings.MODELS,
        metavar="FOLDER",
        help="where versions are kept (working_data/models)",
    )
    report = commands.add_parser(
        "report",
        help="draw the page of a version as one HTML file",
        description="Draw the page of a version, with its segments, charts and candidates, as one "
        "HTML file that needs nothing else: no Airflow, no network.",
    )
    report.set_defaults(run=_report)
    report.add_argument("folder", type=Path, metavar="FOLDER", help="a version, with summary.json")
    report.add_argument(
        "--output", type=Path, metavar="FILE", help="where to write it (FOLDER/report.html)"
    )
    return parser


def _fit(options: argparse.Namespace, console: Console) -> None:
    frame = read_file(options.file)
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


def _report(options: argparse.Namespace, console: Console) -> None:
    summary = saved_summary.read(options.folder)
    # Imported here, because `fit` can refuse its input without what draws.
    from include.gmm.page.export import report

    page = report(summary)
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


if __name__ == "__main__":
    sys.exit(main())
