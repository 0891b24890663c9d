"""The tables of a summary in a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from include.gmm.summary import Summary
from include.gmm.terminal import render, show_all
from tests.gmm.page.examples import example


def printed(summary: Summary, width: int = 100) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(render(summary))
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue().splitlines()


def named(name: str) -> Summary:
    """Three segments, the second with that name."""
    summary = example(3)
    first, second, third = (segment.model_copy(update={"name": ""}) for segment in summary.segments)
    renamed = second.model_copy(update={"name": name})
    return summary.model_copy(update={"segments": [first, renamed, third]})


def header(lines: list[str]) -> list[list[str]]:
    """The cells of each line of the header."""
    start = next(place for place, line in enumerate(lines) if line.startswith("┏"))
    end = next(place for place, line in enumerate(lines) if line.startswith("┡"))
    return [[cell.strip() for cell in line.split("┃")[1:-1]] for line in lines[start + 1 : end]]


def test_a_name_stands_in_the_header_above_its_segment() -> None:
    assert header(printed(named("One-time buyers"))) == [
        ["", "", "One-time", "", ""],
        ["", "", "buyers", "", ""],
        ["Segment", "1", "2", "3", "All"],
    ]


def test_without_names_the_header_is_one_line() -> None:
    assert header(printed(named(""))) == [["Segment", "1", "2", "3", "All"]]


def test_a_name_is_text_and_nothing_else() -> None:
    assert header(printed(named("[bold]x"))) == [
        ["", "", "[bold]x", "", ""],
        ["Segment", "1", "2", "3", "All"],
    ]


def test_a_long_name_goes_on_in_narrow_lines() -> None:
    lines = header(printed(named("Customers with incomprehensible habits")))
    assert [line[2] for line in lines] == ["Customers", "with incom", "prehensibl", "e habits", "2"]


def test_warnings_follow_the_table() -> None:
    lines = printed(example())
    assert lines[-1] == "Note: 28 of 40 candidates are degenerate and were set aside."


def shown(width: int, terminal: bool) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    show_all(console, render(named("Customers of many years")))
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue().splitlines()


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("width", [20, 40, 80, 400])
def test_nothing_is_cut_off_however_narrow_the_terminal(width: int, terminal: bool) -> None:
    text = "\n".join(shown(width, terminal))
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    for cell in ("Customers", "100 %", "probability"):
        assert cell in text


def test_where_there_is_no_terminal_a_row_is_one_line() -> None:
    rows = [line for line in shown(20, terminal=False) if line.startswith("│")]
    assert all(line.split("│")[1].strip() for line in rows)
