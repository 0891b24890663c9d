"""Runs commands of the project in processes that begin with all modules loaded.

A program of its own, started in the folder of a project. It reads a line of JSON from its standard
input, `["start", arguments, output]` or `["wait", pid]`, and answers with the process' id, or with
its status.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

import include.gmm.commands.fitting
import include.gmm.commands.life
import include.gmm.evaluation  # noqa: F401  (loaded before any process begins)
from include.gmm import settings
from include.gmm.__main__ import main
from include.gmm.errors import InputError
from include.gmm.page import export
from include.gmm.warehouse import local

PAGE = "<!doctype html>" + 300_000 * "."  # drawing takes seconds, and is tried elsewhere


def commanded(arguments: list[str]) -> int:
    """The status of a command; `load NAME` is what the first task of a DAG does."""
    if arguments[0] != "load":
        return main(arguments)
    try:
        local().load(settings.find(arguments[1]).source)
    except InputError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


def started(arguments: list[str], output: str) -> int:
    """The id of a process for the command, which prints into files of that name."""
    if pid := os.fork():
        return pid
    status = 1
    try:
        with Path(f"{output}.out").open("w") as out, Path(f"{output}.err").open("w") as err:
            sys.stdout, sys.stderr = out, err
            try:
                status = commanded(arguments)
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1
            except BaseException:
                traceback.print_exc()
    finally:
        os._exit(status)


def serve() -> None:
    """Until the standard input ends."""
    vars(export)["report"] = lambda _: PAGE
    for line in sys.stdin:
        what, first, *rest = json.loads(line)
        if what == "start":
            answer = started(first, *rest)
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
        print(answer, flush=True)


if __name__ == "__main__":
    serve()
