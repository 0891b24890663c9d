"""Characters that no name may have: XML forbids them, and what draws a page dies of them."""

from __future__ import annotations

import re

# https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def unprintable(text: str) -> str | None:
    r"""The first character that XML forbids, escaped (such as \x07), or None."""
    found = _FORBIDDEN.search(text)
    return repr(found[0])[1:-1] if found else None
