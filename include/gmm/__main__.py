"""The command line: `python -m include.gmm COMMAND`."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from rich.console import Console

from include.gmm import characters, declared, disk, settings
from include.gmm.errors import InputError

Run = Callable[[argparse.Namespace, Console], None]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 when it did what was asked, 2 when the input was refused.

    128 and the number of the signal, as shells have it, when it was interrupted, or when nobody
    reads what it prints.
    """
    _print_everything()
    try:
        options = _parser().parse_args(arguments)
        options.run(options, Console(soft_wrap=True))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        _print_nothing_more()
        return 128 + signal.SIGPIPE
    except InputError as error:
        return _refused(str(error))
    except OSError as error:
        if error.filename is None:  # of what was being printed
            _print_nothing_more()
        return _refused(disk.told(error))
    except MemoryError:
        return _refused("there is not enough memory; bring fewer rows or columns")
    return 0


def _refused(message: str) -> int:
    line = " ".join(characters.cleaned(message).split())
    Console(stderr=True, soft_wrap=True).print(f"error: {line}", markup=False, highlight=False)
    return 2


def _print_everything() -> None:
    """Print what the terminal's encoding lacks, too, in another way."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _print_nothing_more() -> None:
    """Else Python would try once more at the end, and complain once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    # Imported here: it takes seconds, and an interruption is to end them quietly, too.
    from include.gmm.commands import fitting, keys, life

    parser = argparse.ArgumentParser(
        prog="python -m include.gmm", description="Segments with Gaussian mixtures."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_fit(commands, fitting.fit)
    _add_report(commands, fitting.report)
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
    _add_target(compared)
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
    _add_target(promoted)
    told = "return to the champion before, and its scores"
    _add_target(_command(commands, "rollback", life.rollback, told))
    told = "write every row's segment into the warehouse"
    _add_target(_command(commands, "score", life.score, told))
    pair = commands.add_parser(
        "keys",
        help="make a pair of keys that sign versions and champions",
        description="Print a new pair of keys: GMM_SIGNING_KEY for whoever trains and promotes, "
        "GMM_VERIFYING_KEYS for whoever only reads. Nothing is kept.",
    )
    pair.set_defaults(run=keys.keys)
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
        metavar="ADDRESS",
        help="where versions are kept, a folder or s3://bucket/folder (the folder models of what "
        "GMM_STORE names, working_data/models without it)",
    )
    return made


def _add_target(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--target",
        metavar="NAME",
        help="of include/dbt/profiles.yml: which warehouse (what DBT_TARGET names, or its default)",
    )


def _add_fit(commands: Any, run: Run) -> None:
    fit = commands.add_parser(
        "fit",
        help="choose and fit a mixture to a file",
        description="Choose and fit a mixture to a CSV or Parquet file with one row per key, save "
        "it as a version, load that version back, and print its segments.",
    )
    fit.set_defaults(run=run)
    fit.add_argument("file", type=Path, metavar="FILE", help="CSV or Parquet, one row per key")
    fit.add_argument(
        "--key",
        metavar="COLUMN",
        help="the column that tells rows apart; `row` numbers them where no column does",
    )
    fit.add_argument(
        "--encoding",
        type=declared.encoding,
        default="utf-8",
        metavar="NAME",
        help="of a CSV file, such as cp1252 or utf-16 (utf-8)",
    )
    fit.add_argument(
        "--features",
        metavar="A,B",
        help="columns to fit to (without it: every column of numbers but the key); a name with a "
        "comma stands in double quotes: 'visits,\"spend, total\"'",
    )
    fit.add_argument(
        "--feature",
        action="append",
        metavar="COLUMN",
        help="one more of them, whatever is in its name; may be given again",
    )
    fit.add_argument(
        "--missing",
        choices=get_args(settings.Missing),
        help="what becomes of rows without a value in some feature (refuse)",
    )
    fit.add_argument(
        "--segmentation",
        metavar="NAME",
        help="take key, features and mixture settings from include/segmentations/NAME.yaml",
    )
    fit.add_argument("--max-components", type=int, metavar="K", help="largest number of segments")
    fit.add_argument("--seed", type=int, metavar="N", help="seed of the starts")
    fit.add_argument(
        "--name",
        metavar="NAME",
        help="under which its versions are kept (made of the file's, never a segmentation's)",
    )
    fit.add_argument(
        "--output",
        type=Path,
        default=settings.FILES,
        metavar="FOLDER",
        help="where versions are kept (working_data/files)",
    )


def _add_report(commands: Any, run: Run) -> None:
    report = commands.add_parser(
        "report",
        help="draw the page of a version as one HTML file",
        description="Draw the page of a version, with its segments, charts and candidates, as one "
        "HTML file that needs nothing else: no Airflow, no network.",
    )
    report.set_defaults(run=run)
    report.add_argument("folder", type=Path, metavar="FOLDER", help="a version, with summary.json")
    report.add_argument(
        "--output", type=Path, metavar="FILE", help="where to write it (FOLDER/report.html)"
    )


if __name__ == "__main__":
    sys.exit(main())
