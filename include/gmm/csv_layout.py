"""How a CSV file is laid out: compression, encoding, delimiter and header, told from its text."""

from __future__ import annotations

import codecs
import contextlib
import csv
import dataclasses
import gzip
import io
import tempfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from include.gmm import declared
from include.gmm.errors import InputError

DELIMITERS = ",;\t|"
LONGEST = 2_000_000  # bytes of a line: DuckDB's own limit
csv.field_size_limit(LONGEST)

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
FOREIGN = {  # what a file begins with that is no CSV whatever its name says
    b"PK\x03\x04": "a ZIP or Excel file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"%PDF": "a PDF file",
    b"SQLite format 3": "an SQLite database",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
}
MARKS = {  # of Unicode; the longer ones first
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


@dataclass(frozen=True)
class CsvLayout:
    """What DuckDB is told, so that it has nothing to guess.

    name: the file, as messages name it; path: the same in UTF-8; header: its names in order, "" for
    a column without; blank: lines before the header.
    """

    name: str
    path: Path
    compression: str
    delimiter: str
    header: list[str]
    blank: int

    @contextmanager
    def text(self) -> Iterator[io.TextIOWrapper]:
        """Its text, with the ends of lines and, as surrogates, bytes that are not UTF-8."""
        with unpacked(self.path) as stream:
            text = io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline="")
            try:
                yield text
            finally:
                text.detach()


@contextmanager
def laid_out(
    path: Path, encoding: str = "utf-8", wanted: Collection[str] = ()
) -> Iterator[CsvLayout]:
    """The layout of a file, by which it can be read as long as the context lasts.

    Parameters
    ----------
    path : Path
    encoding : str
        Any that Python knows; what is not UTF-8 is read by way of a temporary copy.
    wanted : Collection[str]
        Names of columns that tell the delimiter.

    Raises
    ------
    InputError
        Where the file is not a whole CSV file with a header in that encoding.
    """
    with path.open("rb") as file:
        head = file.read(1 << 12)
    for mark, kind in FOREIGN.items():
        if head.startswith(mark):
            raise InputError(f"{path}: this is {kind}, not CSV; save it as CSV (UTF-8)")
    for suffix, mark, kind in ((".gz", GZIP, "gzip"), (".zst", ZSTD, "Zstandard")):
        if path.name.lower().endswith(suffix) and not head.startswith(mark):
            raise InputError(f"{path}: this is no {kind} file; if it is plain CSV, call it .csv")
    compression = "gzip" if head.startswith(GZIP) else "zstd" if head.startswith(ZSTD) else "none"
    if compression == "gzip":
        _refuse_damaged(path)
    if _is_utf8(encoding):
        yield _layout(path, path, compression, wanted)
        return
    with tempfile.NamedTemporaryFile(suffix=".csv") as copy:
        _transcode(path, encoding, cast(BinaryIO, copy))
        yield _layout(path, Path(copy.name), "none", wanted)


def seeming_encoding(head: bytes, line: str) -> str | None:
    """What a file that is not UTF-8 seems to be, from its first bytes and a line at fault."""
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding
    if head.count(0) > len(head) / 4:
        return "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le"
    try:
        line.encode("utf-8", "surrogateescape").decode("cp1252")
    except UnicodeDecodeError:
        return None
    return None if "\0" in line else "cp1252"


def not_utf8(layout: CsvLayout, number: int, line: str) -> InputError:
    """What to say of a line that is not UTF-8, read with the error handler surrogateescape."""
    with unpacked(layout.path) as stream:
        encoding = seeming_encoding(stream.read(1 << 12), line)
    if encoding is None:
        told = "the file is damaged or in another encoding"
    else:
        told = (
            f"the file seems to be {'Windows-1252' if encoding == 'cp1252' else encoding.upper()}"
        )
    encoding = encoding or "NAME"
    return InputError(
        f"{layout.name}: line {number} is not UTF-8; {told}: name it by `encoding: {encoding}` "
        f"under source, or --encoding {encoding} on the command line, or save the file as UTF-8"
    )


def is_decoded(text: str) -> bool:
    """Whether text read with the error handler surrogateescape was UTF-8 indeed."""
    return text.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in text)


def _is_utf8(encoding: str) -> bool:
    try:
        return codecs.lookup(declared.encoding(encoding)).name in ("utf-8", "utf-8-sig", "ascii")
    except ValueError as error:
        raise InputError(f"encoding: {error}") from error


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked."""
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        if head.startswith(GZIP):
            with gzip.open(file) as stream:
                yield cast(BinaryIO, stream)
        elif head.startswith(ZSTD):
            yield cast(BinaryIO, io.BufferedReader(pa.CompressedInputStream(file, "zstd")))
        else:
            yield file


def _refuse_damaged(path: Path) -> None:
    """DuckDB takes no notice of the checksum of a gzip file."""
    try:
        with unpacked(path) as stream:
            while stream.read(1 << 20):
                pass
    except EOFError as error:
        raise InputError(f"{path}: the gzip file is cut off; fetch it again") from error
    except (OSError, zlib.error) as error:
        raise InputError(f"{path}: the gzip file is damaged ({error}); fetch it again") from error


def _transcode(path: Path, encoding: str, copy: BinaryIO) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    ends = 0
    with unpacked(path) as stream:
        while True:
            chunk, state = stream.read(1 << 16), decoder.getstate()
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                decoder.setstate(state)
                raise InputError(
                    f"{path}: line {ends + _ends_before_fault(decoder, chunk) + 1} is not "
                    f"{encoding}; name the encoding that the file is in, unless it is cut off"
                ) from error
            copy.write(text.encode())
            ends += text.count("\n")
            if not chunk:
                copy.flush()
                return


def _ends_before_fault(decoder: codecs.IncrementalDecoder, chunk: bytes) -> int:
    ends = 0
    with contextlib.suppress(UnicodeError):
        for at in range(len(chunk)):
            ends += decoder.decode(chunk[at : at + 1]).count("\n")
    return ends


def _layout(path: Path, plain: Path, compression: str, wanted: Collection[str]) -> CsvLayout:
    found: list[CsvLayout] = []
    faults: list[csv.Error] = []
    for delimiter in "\t" if ".tsv" in path.name.lower() else DELIMITERS:
        try:
            layout = CsvLayout(str(path), plain, compression, delimiter, [], 0)
            header, blank = _header(layout)
            found.append(dataclasses.replace(layout, header=header, blank=blank))
        except csv.Error as error:  # quotes tell that it is another delimiter
            faults.append(error)
    if not found:
        raise InputError(f"{path}: the header cannot be read as CSV ({faults[0]})")
    return max(found, key=lambda each: (len(set(wanted) & set(each.header)), len(each.header)))


def _header(layout: CsvLayout) -> tuple[list[str], int]:
    """The names in the header, and the number of empty lines before it."""
    blank = 0
    with layout.text() as text:
        for fields in csv.reader(text, delimiter=layout.delimiter, strict=True):
            line = "".join(fields)
            if "\0" in line or not is_decoded(line):
                raise not_utf8(layout, blank + 1, line)
            if fields:
                return fields, blank
            blank += 1
    raise InputError(f"{layout.name}: the file is empty")
