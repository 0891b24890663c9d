"""The colours of the charts."""

from __future__ import annotations

import pytest

from include.gmm.page.charts import THEMES, ThemeName
from include.gmm.page.static_files import content


@pytest.mark.parametrize("theme", THEMES)
def test_each_colour_stands_out_from_the_page(theme: ThemeName) -> None:
    page = {"light": "#ffffff", "dark": "#161d2d"}[theme]
    assert f"--page: {page};" in content("page.css").decode()
    for colour in THEMES[theme].palette:
        lighter, darker = sorted((_luminance(page), _luminance(colour)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 3, colour


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
