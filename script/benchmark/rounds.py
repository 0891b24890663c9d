"""Contenders take turns, so that whatever else the machine does meets all of them alike."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from script.benchmark.contenders import SCIKIT_LEARN
from script.benchmark.process import Answer, Worker


@dataclass(frozen=True)
class Plan:
    """Who takes part, and how often each is measured."""

    contenders: tuple[str, ...]
    repeat: int
    peer_repeat: int  # of scikit-learn, which is slow

    def times(self, contender: str) -> int:
        """How often that one is measured."""
        return self.peer_repeat if contender == SCIKIT_LEARN else self.repeat


def progress(text: str) -> None:
    """A line for who waits; the tables alone go to stdout."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def folder() -> Iterator[Path]:
    """A place for tables, while the context lasts."""
    with TemporaryDirectory(prefix="gmm-bench-") as name:
        yield Path(name)


@contextmanager
def workers(module: str, contenders: tuple[str, ...]) -> Iterator[dict[str, Worker]]:
    """A process for each contender."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(Worker(module, name)) for name in contenders}


def take_turns(
    plan: Plan, asked: dict[str, Worker], request: str, **arguments: Any
) -> dict[str, list[Answer]]:
    """Everybody's answers to the same request, in rounds."""
    answers: dict[str, list[Answer]] = {name: [] for name in asked}
    for turn in range(max(map(plan.times, asked))):
        for name, worker in asked.items():
            if turn < plan.times(name):
                answer = worker.ask(request, **arguments)
                progress(f"  {name}, {request}: {answer['seconds']:.2f} s")
                answers[name].append(answer)
    return answers


def seconds(answers: list[Answer]) -> float:
    """Of the median answer."""
    return float(median(answer["seconds"] for answer in answers))
