"""Measurements in processes of their own, which are asked and answer in lines of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from script.benchmark.contenders import ONE_DAL

PROJECT = Path(__file__).resolve().parents[2]
PEERS = PROJECT / ".venv" / "peers"  # a prefix, into which script/bench installs oneDAL

Answer = dict[str, Any]


class WorkerError(Exception):
    """A worker could not do what it was asked; the text says why."""


class Worker:
    """A process that runs script.benchmark.<module> for a contender, while the context lasts."""

    def __init__(self, module: str, contender: str) -> None:
        self._contender = contender
        paths = [os.environ.get("PYTHONPATH", ""), str(PROJECT)]
        if contender == ONE_DAL:
            paths.append(sysconfig.get_path("platlib", vars={"base": PEERS, "platbase": PEERS}))
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"script.benchmark.{module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,  # Ctrl-C is for us, who then end it
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()  # it holds nothing worth keeping, and may be in a long fit
        self._process.communicate()

    def ask(self, request: str, **arguments: Any) -> Answer:
        """Have the worker's function of that name called, and wait for what it returns."""
        to, back = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        with suppress(BrokenPipeError):  # it died, which the missing answer tells
            print(json.dumps([request, arguments]), file=to, flush=True)
        line = back.readline()
        if not line:
            raise WorkerError(f"{self._contender}: its process ended with {self._process.wait()}")
        answer: Answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(f"{self._contender}: {answer['error']}")
        return answer


def serve(functions: Mapping[str, Callable[..., Answer]]) -> None:
    """The worker's side: answer until nobody asks any more."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    for line in sys.stdin:
        request, arguments = json.loads(line)
        try:
            answer = functions[request](**arguments)
        except Exception as error:
            if not isinstance(error, ImportError):  # which says all: something is not installed
                traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
