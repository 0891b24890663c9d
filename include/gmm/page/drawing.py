"""The process that draws, and that may die of it: orders come on stdin, pictures go to stdout.

vl-convert brings a whole JavaScript engine, which ends the process that it runs in when something
is amiss. `include.gmm.page.pictures` starts this module, and lives on.
"""

from __future__ import annotations

import base64
import contextlib
import json
import sys
from typing import Any

SECONDS = 60  # of a processor
MEMORY = 1 << 30  # bytes that the process writes to; V8 reserves many more that it never touches
PIXELS = 2.0  # of a PNG for each pixel of the chart: sharp on paper, too


def main() -> None:
    """Answer each order with a line, as soon as it is drawn."""
    _limit()
    for order in json.load(sys.stdin):
        try:
            answer = {"content": base64.b64encode(drawn(**order)).decode()}
        except ValueError as error:  # what vl-convert raises for a chart that makes no sense
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)  # noqa: T201


def drawn(kind: str, chart: dict[str, Any] | None) -> bytes:
    """What was ordered. Raises ValueError for a chart that makes no sense, or ends the process."""
    try:
        import vl_convert
    except ImportError as error:
        raise ValueError(f"vl-convert-python is not installed ({error})") from error
    if kind == "script":
        script: str = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # stub is too strict
        return script.encode()
    if chart is None:
        raise ValueError(f"{kind} of no chart")
    if kind == "png":
        return bytes(vl_convert.vegalite_to_png(chart, scale=PIXELS, allowed_base_urls=[]))
    return str(vl_convert.vegalite_to_svg(chart, allowed_base_urls=[])).encode()


def _limit() -> None:
    """Time and memory, where the system can limit them, and no dump of the memory at the end."""
    try:
        import resource
    except ImportError:  # Windows has none
        return
    for what, most in (
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS knows some of them by name only
            resource.setrlimit(what, (soft, hard))


if __name__ == "__main__":
    main()
