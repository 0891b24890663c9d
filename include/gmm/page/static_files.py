"""Stylesheets and scripts, at addresses that change with their content."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from include.gmm.page import vega

STATIC = Path(__file__).parent / "static"
MEDIA_TYPES = {
    "page.css": "text/css",
    "lists.css": "text/css",
    "airflow.js": "text/javascript",
    "page.js": "text/javascript",
    "numbers.js": "text/javascript",
    "pasted.js": "text/javascript",
    "what_if.js": "text/javascript",
    "vega.js": "text/javascript",
}
WHAT_IF = ("numbers.js", "pasted.js", "what_if.js")


@functools.cache
def content(name: str) -> bytes:
    """One of MEDIA_TYPES. Raises KeyError for any other name."""
    if name not in MEDIA_TYPES:
        raise KeyError(name)
    return vega.bundle() if name == "vega.js" else (STATIC / name).read_bytes()


@functools.cache
def digest(name: str) -> str:
    """What tells one content of the file from another."""
    return hashlib.sha256(content(name)).hexdigest()[:16]


def address(name: str) -> str:
    """Where the plugin serves it, relative to the plugin: a browser may keep it for ever."""
    return f"static/{digest(name)}/{name}"
