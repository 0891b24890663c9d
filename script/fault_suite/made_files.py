"""CSV and Parquet files as people write them, sound ones and damaged ones."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

NAMES = (
    "id",
    "ID",
    "visits",
    "Größe",
    "a,b",
    'x"y',
    "two words",
    "select",
    "名前",
    "date",
    "0",
    "%",
)
PATHS = (
    "plain{}", "data[1]{}", "*{}", "x?{}", "{{a,b}}{}", "visits=5/x{}", "date=2024-01-01/id=7/x{}",
    "two words{}", "o'brien{}", '"{}', "~{}", "%20{}", "#1{}", "[!a]{}", "back\\slash{}", "é{}",
)  # fmt: skip
DECOYS = ("data1", "xy", "a", "b", "other")  # what a pattern would find beside the file
FAULTS = ("lossy", "short", "long", "open quote", "cut", "flipped", "bad byte", "wrong encoding")
LOSSY = {
    "INTEGER": ("22.06", "2147483648", "1e-3", "12 3", "x", "0x10", "1_000"),
    "BIGINT": ("9223372036854775808", "0.5", "1,5"),
    "UTINYINT": ("256", "-1"),
    "DECIMAL(10, 2)": ("1.005", "123456789.00", "1,50"),
    "HUGEINT": ("1e39", "0.1"),
    "DOUBLE": ("9007199254740993", "1,5", "1e999", "much", "12345678901234567891"),
    "DATE": ("01/02/2024", "2024-02-30", "2024-01-01 10:00:00"),
    "TIMESTAMP": ("2024-01-01 10:00:00.1234567", "2024-01-01 10:00:00+02", "noon"),
    "BOOLEAN": ("2", "maybe"),
}
OUTLANDISH = {"utf-8": "ü€", "cp1252": "ü€", "utf-16": "ü名", "latin-1": "üé", "shift_jis": "名前"}


@dataclass(frozen=True)
class Made:
    """A file: what is declared of it, and what is wrong with it ("" where nothing is)."""

    path: Path
    encoding: str
    delimiter: str
    types: dict[str, str]
    fault: str


def csv_file(rng: random.Random, folder: Path) -> Made:
    """One CSV file, and decoys beside it."""
    encoding = rng.choice([*["utf-8"] * 5, *OUTLANDISH])
    delimiter, packed = rng.choice(",,,;\t|"), rng.random() < 0.25
    path = folder / rng.choice(PATHS).format(".csv.gz" if packed else ".csv")
    letters = OUTLANDISH[encoding]
    names = [name for name in rng.sample(NAMES, rng.randint(2, 6)) if _fits(name, encoding)]
    names = names if len(names) > 1 else ["id", "n"]
    kinds = [rng.choice([*LOSSY, "VARCHAR", "VARCHAR"]) for _ in names]
    rows = [[_cell(rng, kind, letters) for kind in kinds] for _ in range(rng.randint(1, 40))]
    fault = rng.choice(FAULTS) if rng.random() < 0.4 else ""
    if fault == "lossy":
        at = rng.randrange(len(kinds))
        kinds[at] = "INTEGER" if kinds[at] == "VARCHAR" else kinds[at]
        for row in rows:
            row[at] = _cell(rng, kinds[at], letters)
        rng.choice(rows)[at] = rng.choice(LOSSY[kinds[at]])
    elif fault in ("short", "long"):
        row = rng.choice(rows)
        row.append("more") if fault == "long" else row.pop()
    text = io.StringIO()
    end = rng.choice(["\n", "\n", "\r\n", "\r"])
    # Python's writer leaves \n without quotes where lines end with \r.
    quoted = end == "\r" or rng.random() < 0.5
    writer = csv.writer(
        text,
        delimiter=delimiter,
        lineterminator=end,
        quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
    )
    writer.writerows([names, *rows])
    written = text.getvalue()
    if fault != "wrong encoding":
        mark = "\ufeff" if encoding == "utf-8" and rng.random() < 0.2 else ""
        written = mark + end * rng.choice([0, 0, 0, 2]) + written
    written = (
        written + end * rng.choice([0, 0, 2]) if rng.random() < 0.8 else written.rstrip("\r\n")
    )
    if fault == "open quote":
        written = written.rstrip("\r\n") + f'{end}"never closed{end}1{delimiter}2'
    data = written.encode(encoding)
    if fault == "bad byte":
        encoding, data = "utf-8", f"{delimiter.join(names)}\n".encode() + b"\xff\xfd\n"
    if fault == "wrong encoding":
        encoding, data = "utf-8", written.replace(names[0], f"{names[0]}é", 1).encode("utf-16")
    data = _packed(rng, data, fault, packed)
    fault = "" if fault in ("cut", "flipped") and not packed else fault
    _write(path, data, rng)
    return Made(path, encoding, delimiter, dict(zip(names, kinds, strict=True)), fault)


def _packed(rng: random.Random, data: bytes, fault: str, packed: bool) -> bytes:
    if not packed:
        return data
    data = gzip.compress(data)
    if fault == "cut":
        return data[: rng.randrange(12, len(data))]
    if fault == "flipped":
        at = rng.randrange(len(data) - 8, len(data))  # of the checksum or the length
        return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]
    return data


def _fits(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _cell(rng: random.Random, kind: str, letters: str) -> str:
    if kind == "VARCHAR":
        parts = [
            "a",
            "7",
            "007",
            " ",
            ",",
            ";",
            "\n",
            '"',
            "'",
            "|",
            "\t",
            "1.0",
            "NULL",
            "x=1",
            *letters,
        ]
        return "".join(rng.choices(parts, k=rng.randint(1, 5)))
    if rng.random() < 0.1:
        return ""
    if kind in ("INTEGER", "BIGINT", "UTINYINT", "HUGEINT"):
        largest = {
            "INTEGER": 2**31 - 1,
            "BIGINT": 2**63 - 1,
            "UTINYINT": 255,
            "HUGEINT": 10**38 - 1,
        }[kind]
        number = rng.choice([rng.randint(0, 255), rng.randint(0, largest), largest])
        return rng.choice(["{}", "{}", "{}", "00{}", "+{}", "{}.0", " {}"]).format(number)
    if kind == "DECIMAL(10, 2)":
        return rng.choice(["{:.2f}", "{:.1f}", "-{:.2f}", "{:.0f}", "{:.1f}00"]).format(
            rng.random() * 1e5
        )
    if kind == "DOUBLE":
        return rng.choice(["{!r}", "{:.3f}", "-{:.6e}", "{:.0f}"]).format(
            rng.random() * 10 ** rng.randint(-8, 8)
        )
    if kind == "BOOLEAN":
        return rng.choice(["true", "false", "TRUE", "False"])
    moment = datetime(1990, 1, 1) + timedelta(seconds=rng.randrange(10**9))
    if kind == "DATE":
        return moment.date().isoformat()
    return moment.isoformat(sep=rng.choice([" ", "T"])) + rng.choice(["", ".5", ".123456"])


def parquet_file(rng: random.Random, folder: Path) -> Made:
    """One Parquet file, or a folder with two, and decoys beside it."""
    rows = rng.randint(1, 40)
    kinds: dict[str, tuple[Any, Callable[[], object]]] = {
        "BIGINT": (pa.int64(), lambda: rng.choice([rng.randint(-9, 9), 2**53 + 1, 2**63 - 1])),
        "UBIGINT": (pa.uint64(), lambda: rng.choice([1, 2**64 - 1])),
        "DOUBLE": (
            pa.float64(),
            lambda: rng.choice([1.0, 22.06, 1e300, float(rng.randint(0, 99))]),
        ),
        "DECIMAL(20, 2)": (
            pa.decimal128(20, 2),
            lambda: Decimal(rng.randint(*rng.choice([(0, 10**13), (10**18, 10**19)]))) / 100,
        ),
        "DECIMAL(38, 0)": (pa.decimal128(38, 0), lambda: Decimal(rng.randint(10**37, 10**38 - 1))),
        "VARCHAR": (pa.string(), lambda: _cell(rng, "VARCHAR", "ü名")),
        "DATE": (pa.date32(), lambda: date(2000, 1, 1) + timedelta(days=rng.randint(0, 9999))),
        "TIMESTAMP": (
            pa.timestamp("us"),
            lambda: datetime(2000, 1, 1) + timedelta(hours=rng.choice([0, 24, 5])),
        ),
        "BOOLEAN": (pa.bool_(), lambda: rng.random() < 0.5),
    }
    names = rng.sample(NAMES, rng.randint(2, 6))
    given = {name: rng.choice(list(kinds)) for name in names}
    wanted = {
        name: rng.choice(
            [kind, kind, kind, "DOUBLE", "INTEGER", "VARCHAR", "DATE", "DECIMAL(10, 2)"]
        )
        for name, kind in given.items()
    }
    table = pa.table(
        {
            name: pa.array(
                [None if rng.random() < 0.1 else kinds[kind][1]() for _ in range(rows)],
                kinds[kind][0],
            )
            for name, kind in given.items()
        }
    )
    path = folder / rng.choice(PATHS).format(".parquet")
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression=rng.choice(["snappy", "zstd", "none"]))
    fault = rng.choice(["cut", "", "", "", "", ""])
    data = buffer.getvalue()
    if fault == "cut":
        data = data[: rng.randrange(1, len(data))]
    _write(path, data, rng)
    return Made(path, "", "", wanted, fault)


def _write(path: Path, data: bytes, rng: random.Random) -> None:
    path.parent.mkdir(parents=True)
    for decoy in rng.sample(DECOYS, 2):
        (path.parent / f"{decoy}{''.join(path.suffixes)}").write_bytes(b"id,visits\n666,666\n")
    path.write_bytes(data)
