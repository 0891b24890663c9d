"""Which line of a CSV file is at fault, looked for once DuckDB has refused the file."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from include.gmm.csv_layout import LONGEST, CsvLayout, is_decoded, not_utf8
from include.gmm.errors import InputError

CALLED = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def refuse_structure(layout: CsvLayout) -> None:
    """Raises InputError for the first line that is no row of this file."""
    for _ in _rows(layout):
        pass


def line_of_row(layout: CsvLayout, row: int) -> int:
    """The line, from 1, on which the row with that number, from 0, begins."""
    return next(line for number, line in enumerate(_rows(layout)) if number == row)


def _rows(layout: CsvLayout) -> Iterator[int]:
    """The first line of each row below the header. Raises InputError where there is no row."""
    with layout.text() as text:
        lines = _Lines(layout, text)
        reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
        line, header_read, end = 1, False, ""
        try:
            for fields in reader:
                if not header_read and fields:
                    header_read, end = True, lines.end
                elif header_read and (fields or len(layout.header) == 1):
                    _refuse_ragged(layout, fields, line)
                    if lines.end not in ("", end):
                        raise InputError(
                            f"{layout.name}: line {line} ends with {lines.end!r}, but the header "
                            f"with {end!r}; give all lines the same end"
                        )
                    yield line
                line = reader.line_num + 1
        except csv.Error as error:
            raise InputError(f"{layout.name}: line {line}: {_told(error)}") from error


class _Lines:
    """The lines of a file, refused where too long or not UTF-8; `end` is that of the last."""

    def __init__(self, layout: CsvLayout, text: Iterator[str]) -> None:
        self._layout, self._text = layout, text
        self._number = 0
        self.end = ""

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self._number += 1
            if not is_decoded(line):
                raise not_utf8(self._layout, self._number, line)
            if len(line) > LONGEST:
                raise InputError(
                    f"{self._layout.name}: line {self._number} is longer than {LONGEST:,} letters"
                )
            self.end = line[len(line.rstrip("\r\n")) :]
            yield line


def _refuse_ragged(layout: CsvLayout, fields: list[str], line: int) -> None:
    found, expected = max(len(fields), 1), len(layout.header)
    if found != expected and not (found == expected + 1 and not fields[-1]):
        raise InputError(
            f"{layout.name}: line {line} has {_counted(found)}, but the header has "
            f"{_counted(expected)} (delimiter: {CALLED[layout.delimiter]}); mend the line, or put "
            "values with the delimiter in them into double quotes"
        )


def _counted(columns: int) -> str:
    return f"{columns} column{'s' if columns != 1 else ''}"


def _told(error: csv.Error) -> str:
    if "unexpected end" in str(error) or "field limit" in str(error):
        return "a double quote opens a value and none closes it; the file may be cut off"
    if "expected after" in str(error):
        return "something follows the double quote that closes a value; double the quotes inside"
    return str(error)
