"""Pictures, each drawn once in a process of its own, which may die without anybody's harm."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import logging
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from include.gmm.errors import InputError

KEPT = 32 << 20  # bytes of pictures in memory
SECONDS = 120  # for all that is ordered at once
PATIENCE = 30  # seconds that one waits for what others ordered: many who wait keep all others out
PROJECT = Path(__file__).parents[3]

logger = logging.getLogger(__name__)


class DrawingError(InputError):
    """There is no picture, and the process that would have drawn it is gone."""


@dataclass(frozen=True)
class Order:
    """What to draw: a chart as Vega-Lite, in JSON, or the script that draws in a browser."""

    kind: Literal["svg", "png", "script"]
    chart: str = "null"

    @property
    def line(self) -> str:
        """As include.gmm.page.drawing reads it."""
        return f'{{"kind": "{self.kind}", "chart": {self.chart}}}'

    @functools.cached_property
    def digest(self) -> str:
        """What tells it from every other order."""
        return hashlib.sha256(self.line.encode()).hexdigest()


class Pictures:
    """Draws with one process at a time, and keeps the pictures that were asked for last.

    Who asks for a picture that somebody else is having drawn waits, and gets that one.
    """

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[str, bytes] = OrderedDict()  # by digest
        self._keeping, self._drawing = threading.Lock(), threading.Lock()

    def one(self, order: Order) -> bytes:
        """One picture. Raises DrawingError."""
        (content,) = self.all([order])
        if content is None:
            raise DrawingError("This chart cannot be drawn. The log says more.")
        return content

    def all(self, orders: Sequence[Order]) -> list[bytes | None]:
        """The pictures, None for each that cannot be drawn.

        Raises DrawingError when others draw all the time.
        """
        found = self._known(orders)
        if len(found) < len(set(orders)):
            if not self._drawing.acquire(timeout=PATIENCE):
                raise DrawingError("Too many charts are being drawn. Try again in a minute.")
            try:
                found = self._known(orders)
                missing = [order for order in dict.fromkeys(orders) if order not in found]
                for order, content in zip(missing, _drawn(missing), strict=True):
                    if content is not None:
                        found[order] = content
                        self._keep(order, content)
            finally:
                self._drawing.release()
        return [found.get(order) for order in orders]

    def _known(self, orders: Sequence[Order]) -> dict[Order, bytes]:
        with self._keeping:
            found = {
                order: self._kept[order.digest] for order in orders if order.digest in self._kept
            }
            for order in found:
                self._kept.move_to_end(order.digest)
        return found

    def _keep(self, order: Order, content: bytes) -> None:
        with self._keeping:
            self._kept[order.digest] = content
            size = sum(map(len, self._kept.values()))
            while size > self._most:
                _, dropped = self._kept.popitem(last=False)
                size -= len(dropped)


def _drawn(orders: Sequence[Order]) -> Iterator[bytes | None]:
    """Each picture. One that ends the process costs that picture alone: another draws the rest."""
    deadline = time.monotonic() + SECONDS
    while orders:
        answers = _answers(orders, deadline - time.monotonic())
        for answer in answers:
            if "error" in answer:
                logger.warning("A chart cannot be drawn: %.300s", answer["error"])
            yield base64.b64decode(answer["content"]) if "content" in answer else None
        if len(answers) < len(orders):
            yield None
        orders = orders[len(answers) + 1 :]


def _answers(orders: Sequence[Order], seconds: float) -> list[dict[str, Any]]:
    """What the process said before it ended, or before its time was over."""
    if seconds <= 0:
        return []
    try:
        process = subprocess.run(
            [sys.executable, "-m", "include.gmm.page.drawing"],
            input=f"[{','.join(order.line for order in orders)}]".encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a panic prints what it was about, which may be of a row
            cwd=PROJECT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        logger.warning("A chart took longer than %d s to draw.", seconds)
        said = error.stdout or b""
    except OSError as error:
        logger.warning("No process could be started to draw charts: %s", error.strerror)
        return []
    else:
        said = process.stdout
        if process.returncode:
            logger.warning("Drawing a chart ended its process (status %d).", process.returncode)
    return [json.loads(line) for line in said.splitlines(keepends=True) if line.endswith(b"\n")]


pictures = Pictures()
