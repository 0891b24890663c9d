"""Two versions of a segmentation side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from include.gmm.page import words
from include.gmm.page.history import Version, bic, bic_per_row
from include.gmm.page.pages import environment
from include.gmm.summary import FeatureSummary, SegmentSummary, Summary

SAME = "the same"


@dataclass(frozen=True)
class Line:
    """A figure or a setting of both versions, and what lies between them, in words."""

    name: str
    left: str
    right: str
    difference: str = ""


@dataclass(frozen=True)
class Pair:
    """The segments of both versions with that number, where they have one."""

    number: int
    left: SegmentSummary | None
    right: SegmentSummary | None

    @property
    def segments(self) -> list[tuple[str, SegmentSummary | None]]:
        """Both, with the letters by which the page calls the versions."""
        return [("A", self.left), ("B", self.right)]

    @property
    def share(self) -> str:
        """How much larger the segment is in the second version."""
        if self.left is None or self.right is None:
            return ""
        return points(self.right.share - self.left.share)


def page(left: Version, right: Version) -> str:
    """Two versions side by side."""
    return environment.get_template("compare.html").render(
        left=left,
        right=right,
        figures=figures(left.summary, right.summary),
        settings=settings(left.summary, right.summary),
        pairs=pairs(left.summary, right.summary),
        columns=columns(left.summary, right.summary),
        root="../",
        report=None,
    )


def figures(left: Summary, right: Summary) -> list[Line]:
    """The headline of both."""
    sure, surer = left.evaluation, right.evaluation
    log_likelihoods = (
        sure.log_likelihood_per_row_held_out,
        surer.log_likelihood_per_row_held_out,
    )
    return [
        _counts("Segments", left.n_components, right.n_components),
        Line(
            "Covariance type",
            left.covariance_type,
            right.covariance_type,
            SAME if left.covariance_type == right.covariance_type else "another",
        ),
        _numbers("BIC", bic(left), bic(right), 1),
        _numbers("BIC per row", bic_per_row(left), bic_per_row(right), 4),
        _numbers("Log-likelihood per row, held out", *log_likelihoods, 4),
        _shares(
            "Mean largest membership probability",
            sure.mean_largest_probability,
            surer.mean_largest_probability,
        ),
        _shares("Rows in doubt", sure.share_below_60_percent, surer.share_below_60_percent),
        _counts("Rows", left.rows, right.rows),
    ]


def settings(left: Summary, right: Summary) -> list[Line]:
    """The settings that differ, as far as the summaries tell them."""
    told: list[tuple[str, Callable[[Summary], str]]] = [
        ("Features of the mixture", lambda summary: _names(summary, in_mixture=True)),
        ("Columns that describe only", lambda summary: _names(summary, in_mixture=False)),
        ("Transformed by log1p", _transformed),
        ("Key", lambda summary: summary.key),
        ("Rows", lambda summary: words.count(summary.rows)),
        ("Rows fitted", lambda summary: words.count(summary.evaluation.rows_fitted)),
        ("Largest K tried", lambda summary: str(max(c.n_components for c in summary.candidates))),
        ("K", lambda summary: str(summary.n_components)),
        ("Covariance type", lambda summary: summary.covariance_type),
        ("Criterion", lambda summary: summary.criterion.upper()),
        ("Seed", lambda summary: str(summary.seed)),
    ]
    lines = [Line(name, tell(left), tell(right)) for name, tell in told]
    return [line for line in lines if line.left != line.right]


def pairs(left: Summary, right: Summary) -> list[Pair]:
    """The segments of both, matched by their numbers."""
    on_left = {segment.number: segment for segment in left.segments}
    on_right = {segment.number: segment for segment in right.segments}
    return [
        Pair(number, on_left.get(number), on_right.get(number))
        for number in sorted(on_left | on_right)
    ]


def columns(left: Summary, right: Summary) -> list[FeatureSummary]:
    """The columns of either, each once, described as the later version does."""
    return list(({each.name: each for each in left.features + right.features}).values())


def decimal(value: float | None, decimals: int) -> str:
    """A number with that many decimals, where there is one."""
    return words.NOTHING if value is None else words.fixed(value, decimals)


environment.filters["decimal"] = decimal


def signed(value: float, decimals: int) -> str:
    """A difference with its sign; in words where there is none to see."""
    written = words.fixed(value, decimals)
    if not any(digit in written for digit in "123456789"):
        return SAME
    return written if value < 0 else f"+{written}"


def points(difference: float) -> str:
    """A difference of shares in percentage points."""
    written = signed(100 * difference, 1)
    return written if written == SAME else f"{written} points"


def _counts(name: str, left: int, right: int) -> Line:
    return Line(name, words.count(left), words.count(right), signed(right - left, 0))


def _numbers(name: str, left: float | None, right: float | None, decimals: int) -> Line:
    difference = "" if left is None or right is None else signed(right - left, decimals)
    return Line(name, decimal(left, decimals), decimal(right, decimals), difference)


def _shares(name: str, left: float, right: float) -> Line:
    return Line(name, words.percent(left), words.percent(right), points(right - left))


def _names(summary: Summary, in_mixture: bool) -> str:
    names = sorted(each.name for each in summary.features if each.in_mixture is in_mixture)
    return ", ".join(names) or words.NOTHING


def _transformed(summary: Summary) -> str:
    names = sorted(each.name for each in summary.features if each.transform == "log1p")
    return ", ".join(names) or words.NOTHING
