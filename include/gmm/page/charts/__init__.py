"""The charts of a summary: each a pure function from a Summary and a theme to an Altair chart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from include.gmm.page.charts.candidates import aic, bic, icl
from include.gmm.page.charts.flow import flow
from include.gmm.page.charts.membership import confusion, membership
from include.gmm.page.charts.scatter import pair, projection
from include.gmm.page.charts.segments import profiles, shares
from include.gmm.page.charts.theme import THEMES, Theme, ThemeName
from include.gmm.summary import Summary

__all__ = ["CHARTS", "THEMES", "Theme", "ThemeName", "draw"]

CHARTS: dict[str, Callable[[Summary, Theme], Any]] = {
    "shares": shares,
    "flow": flow,
    "membership": membership,
    "confusion": confusion,
    "map": projection,
    "profiles": profiles,
    "bic": bic,
    "icl": icl,
    "aic": aic,
}
PAIR = re.compile(r"map-([0-9]{1,3})-([0-9]{1,3})")  # of features of the mixture, by their place


def draw(summary: Summary, name: str, theme: Theme) -> Any:
    """The chart of that name, or None if there is none."""
    if name in CHARTS:
        return CHARTS[name](summary, theme)
    chosen = PAIR.fullmatch(name)
    if chosen is None:
        return None
    first, second = map(int, chosen.groups())
    n_features = len(summary.mixture.means[0])
    if first == second or max(first, second) >= n_features:
        return None
    return pair(summary, theme, first, second)
