"""CSV and Parquet files, read by DuckDB, refused with the file and the line at fault."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from include.gmm import inference, sql
from include.gmm.csv_faults import line_of_row, refuse_structure
from include.gmm.csv_layout import CsvLayout, laid_out
from include.gmm.errors import InputError
from include.gmm.parquet_files import PARQUET, begins_as_parquet, columns_of, parts_of

CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".csv.zst")
# Nothing is fetched from the network, whatever a file looks like.
NO_EXTENSIONS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
SHOWN = 40  # characters of a value in a message


@dataclass(frozen=True)
class Column:
    """One of a file: `position` is its name in SQL, since those in the file may be anything."""

    name: str
    position: str
    kind: str


@dataclass(frozen=True)
class OpenFile:
    """A file that can be read: what SQL reads from, with a column `row` where rows are numbered."""

    name: str
    rows: str
    numbered_rows: str
    columns: list[Column]
    layout: CsvLayout | None = None  # of CSV

    def column(self, name: str) -> Column:
        """The one with that name. Raises InputError unless there is exactly one."""
        found = [column for column in self.columns if column.name == name]
        if len(found) > 1:
            raise InputError(
                f"{self.name}: {len(found)} columns are called {name!r}; give each its own name"
            )
        return found[0]

    def select(self, types: Mapping[str, str]) -> str:
        """The query of those columns in those types; an error where a value loses anything."""
        chosen = ", ".join(
            f"{sql.exactly(of.position, of.kind, kind)} AS {sql.quoted(name)}"
            for name, kind in types.items()
            for of in [self.column(name)]
        )
        return f"SELECT {chosen} FROM {self.rows}"  # noqa: S608

    def refused(
        self, connection: duckdb.DuckDBPyConnection, types: Mapping[str, str], error: Exception
    ) -> InputError:
        """What to say of a file that could not be read in those types."""
        if self.layout is not None:
            refuse_structure(self.layout)
        try:
            for name, kind in types.items():
                self._refuse_loss(connection, self.column(name), kind)
        except duckdb.Error as second:
            return InputError(f"{self.name}: {first_line(second)}")
        return InputError(f"{self.name}: {first_line(error)}")

    def _refuse_loss(
        self, connection: duckdb.DuckDBPyConnection, column: Column, kind: str
    ) -> None:
        value = column.position
        holds = sql.lossless(value, column.kind, kind)
        found = connection.execute(
            f"SELECT file, row, {value}::VARCHAR FROM {self.numbered_rows} "  # noqa: S608
            f"WHERE {value} IS NOT NULL AND NOT {holds} ORDER BY file, row LIMIT 1"
        ).fetchall()
        if not found:
            return
        file, row, text = found[0]
        if self.layout is not None:
            place = f"{self.name}: line {line_of_row(self.layout, row)}"
        else:
            place = f"{file}: row {row + 1}"
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
        raise InputError(
            f"{place}: column {column.name!r}: {shown!r} is not exactly {kind}; mend the value, or "
            f"give the column a type that holds it{_hint(kind)}"
        )


def read_file(path: Path, key: str | None = None, encoding: str = "utf-8") -> pd.DataFrame:
    """All columns of a file, the types of CSV found from all of its values.

    Parameters
    ----------
    path : Path
        A CSV or Parquet file, or a folder of Parquet files.
    key : str, optional
        The column whose values stay different from each other whatever they look like.
    encoding : str
        Of CSV; any that Python knows.

    Raises
    ------
    InputError
        Where the file cannot be read, with the line or column at fault.
    """
    with duckdb.connect(config=NO_EXTENSIONS) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        with opened(connection, path, encoding, [key] if key else []) as file:
            for name in {column.name for column in file.columns} - {""}:
                file.column(name)
            try:
                return inference.read(connection, file.rows, file.columns, key, file.name)
            except duckdb.Error as error:
                raise file.refused(connection, {}, error) from error


@contextmanager
def opened(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    encoding: str = "utf-8",
    wanted: Collection[str] = (),
) -> Iterator[OpenFile]:
    """A file to read from as long as the context lasts. Raises InputError.

    wanted: names of columns that tell the delimiter of CSV.
    """
    try:
        if path.is_dir() or path.name.lower().endswith(PARQUET) or begins_as_parquet(path):
            yield _parquet(connection, path)
        elif path.name.lower().endswith(CSV):
            with laid_out(path, encoding, wanted) as layout:
                yield _csv(layout)
        else:
            raise InputError(
                f"{path}: neither CSV ({', '.join(CSV)}) nor Parquet ({', '.join(PARQUET)})"
            )
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def _csv(layout: CsvLayout) -> OpenFile:
    columns = [
        Column(name, sql.quoted(str(at)), "VARCHAR") for at, name in enumerate(layout.header)
    ]
    named = ", ".join(f"{sql.literal(str(at))}: 'VARCHAR'" for at in range(len(columns)))
    options = (
        f"auto_detect = false, header = true, skip = {layout.blank}, quote = '\"', escape = '\"', "
        f"delim = {sql.literal(layout.delimiter)}, strict_mode = true, null_padding = false, "
        f"compression = '{layout.compression}', hive_partitioning = false, columns = {{{named}}}"
    )
    rows = f"read_csv({_literally(layout.path)}, {options})"
    return OpenFile(
        layout.name,
        rows,
        f"(SELECT '' AS file, row_number() OVER () - 1 AS row, * FROM {rows})",  # noqa: S608
        columns,
        layout,
    )


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> OpenFile:
    files = parts_of(path) if path.is_dir() else [path]
    names = columns_of(files)
    read = ", ".join(map(_literally, files))
    positions = [sql.quoted(str(at)) for at in range(len(names))]
    rows = f"read_parquet([{read}], hive_partitioning = false) AS rows({', '.join(positions)})"
    try:
        described = connection.execute(f"DESCRIBE FROM {rows}").fetchall()
    except duckdb.Error as error:
        raise InputError(f"{path}: {first_line(error)}") from error
    columns = [
        Column(name, position, each[1])
        for name, position, each in zip(names, positions, described, strict=True)
    ]
    numbered = (
        f"(FROM read_parquet([{read}], hive_partitioning = false, filename = true, "
        f"file_row_number = true) AS rows({', '.join([*positions, 'row', 'file'])}))"
    )
    return OpenFile(str(path), rows, numbered, columns)


def _literally(path: Path) -> str:
    """A path that DuckDB takes as it is: no pattern, no address, no home."""
    text = str(path.absolute())
    return sql.literal("".join(f"[{letter}]" if letter in "*?[" else letter for letter in text))


def _hint(kind: str) -> str:
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        zone = " +02:00" if "ZONE" in kind else ""
        return f" (dates are written 2024-12-31{' 23:59:59' + zone if kind != 'DATE' else ''})"
    return ""


def duckdb_type(column: str, kind: str) -> str:
    """The type of a column as DuckDB itself writes it. Raises InputError for one that is none."""
    try:
        return str(duckdb.sqltype(kind))
    except duckdb.Error as error:
        raise InputError(
            f"source.columns.{column}: {kind} is no type of DuckDB ({first_line(error)})"
        ) from error


def first_line(error: Exception) -> str:
    """What DuckDB says, without the row that it shows and without its advice."""
    return str(error).strip().splitlines()[0]
