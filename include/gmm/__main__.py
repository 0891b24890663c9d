"""The command line: `python -m include.gmm COMMAND`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from include.gmm import settings
from include.gmm.commands import fitting, life
from include.gmm.errors import InputError

Run = Callable[[argparse.Namespace, Console], None]


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
    _add_fit(commands)
    _add_report(commands)
    _command(commands, "versions", life.versions, "list the versions, and their fates")
    shown = _command(commands, "show", life.show, "print the segments of a version")
    shown.add_argument("version", nargs="?", metavar="VERSION", help="without it, the champion")
    compared = _command(
        commands,
        "compare",
        life.compare,
        "hold a version against the champion on today's rows",
    )
    compared.add_argument("version", metavar="VERSION")
    compared.add_argument(
        "--with", dest="other", metavar="VERSION", help="against this one instead of the champion"
    )
    promoted = _command(
        commands, "promote", life.promote, "make a version the champion if it passes the gates"
    )
    promoted.add_argument("version", metavar="VERSION")
    promoted.add_argument(
        "--anyway", action="store_true", help="whatever gates, mode and newer champions say"
    )
    _command(commands, "rollback", life.rollback, "return to the champion before, and its scores")
    _command(commands, "score", life.score, "write every row's segment into the warehouse")
    return parser


def _command(commands: Any, name: str, run: Run, told: str) -> argparse.ArgumentParser:
    """A command about a segmentation and its versions."""
    made: argparse.ArgumentParser = commands.add_parser(
        name, help=told, description=f"{told[0].upper()}{told[1:]}."
    )
    made.set_defaults(run=run)
    made.add_argument("name", metavar="NAME", help="of include/segmentations/NAME.yaml")
    made.add_argument(
        "--models",
        type=Path,
        default=settings.MODELS,
        metavar="FOLDER",
        help="where versions are kept (working_data/models)",
    )
    return made


def _add_fit(commands: Any) -> None:
    fit = commands.add_parser(
        "fit",
        help="choose and fit a mixture to a file",
        description="Choose and fit a mixture to a CSV or Parquet file with one row per key, save "
        "it as a version, load that version back, and print its segments.",
    )
    fit.set_defaults(run=fitting.fit)
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


def _add_report(commands: Any) -> None:
    report = commands.add_parser(
        "report",
        help="draw the page of a version as one HTML file",
        description="Draw the page of a version, with its segments, charts and candidates, as one "
        "HTML file that needs nothing else: no Airflow, no network.",
    )
    report.set_defaults(run=fitting.report)
    report.add_argument("folder", type=Path, metavar="FOLDER", help="a version, with summary.json")
    report.add_argument(
        "--output", type=Path, metavar="FILE", help="where to write it (FOLDER/report.html)"
    )


if __name__ == "__main__":
    sys.exit(main())
