"""The same rows in DuckDB and in PostgreSQL are the same snapshot, to the last byte."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from include.gmm.errors import InputError
from include.gmm.settings import Feature, Features
from include.gmm.snapshot.table import write_table
from include.gmm.warehouse import Connection, Warehouse, local, warehouse_of
from tests.gmm.warehouse.servers import PostgresServer

FEATURES = Features(
    model="things",
    key="id",
    columns={"a": Feature(), "b": Feature()},
    profile={"c": Feature()},
    missing="drop",
)
NUMBERS = "i AS a, CASE WHEN i % 7 > 0 THEN i * 0.25 END AS b, 'NaN'::float8 AS c"


@pytest.fixture
def both(postgres_server: PostgresServer, tmp_path: Path) -> tuple[Warehouse, Warehouse]:
    path = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(path)).close()
    return local(path), warehouse_of(postgres_server.database())


def fill(both: tuple[Warehouse, Warehouse], key: str, numbers: str = NUMBERS) -> None:
    """A table of a hundred rows, in any order, in each of the two."""
    hundred = "FROM generate_series(0, 99) AS s(i)"

    def filled(connection: Connection) -> None:
        connection.execute(
            f"CREATE TABLE main.things AS SELECT {key} AS id, {numbers} {hundred} ORDER BY i % 13"
        )

    for warehouse in both:
        warehouse.run(filled)


def digests(both: tuple[Warehouse, Warehouse], folder: Path) -> set[str]:
    return {
        write_table(FEATURES, folder / f"{number}.parquet", warehouse).sha256
        for number, warehouse in enumerate(both)
    }


@pytest.mark.parametrize(
    "key",
    [
        "CAST(i AS bigint)",
        "CAST(i AS smallint)",
        "CAST(i AS float8) / 7",
        "CAST(i AS text)",
        "CASE WHEN i % 2 = 0 THEN 'a' ELSE 'B' END || i",  # by bytes, not as a language sorts
        "'é' || chr(CAST(100 + 37 * i AS integer))",
        "CAST(i + 0.5 AS decimal(9, 2))",
        "CAST(md5(CAST(i AS text)) AS uuid)",
        "CAST('2024-01-01' AS date) + CAST(i AS integer)",
        "timestamp '2024-01-01' + i * interval '1 microsecond'",
    ],
)
def test_keys_of_every_type_come_in_the_same_order(
    both: tuple[Warehouse, Warehouse], tmp_path: Path, key: str
) -> None:
    fill(both, key)
    assert len(digests(both, tmp_path)) == 1


@pytest.mark.parametrize(
    "numbers",
    [
        "i % 2 = 0 AS a, CAST(i * 0.1 AS real) AS b, 1 AS c",
        "CAST(i * 1.11 AS decimal(12, 3)) AS a, CAST(i AS smallint) AS b, CAST(NULL AS int) AS c",
        "CAST(i AS float8) / 3 AS a, nullif(CAST(i AS float8), 5) AS b, -i AS c",
    ],
)
def test_numbers_of_every_type_are_the_same_doubles(
    both: tuple[Warehouse, Warehouse], tmp_path: Path, numbers: str
) -> None:
    fill(both, "CAST(i AS bigint)", numbers)
    assert len(digests(both, tmp_path)) == 1


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ("'x' AS a, 1 AS b, 1 AS c", "column 'a' is VARCHAR, and every feature must be a number"),
        ("1 AS a, CAST('infinity' AS float8) AS b, 1 AS c", "column 'b' is infinite in some rows"),
        ("1 AS a, CAST(NULL AS float8) AS b, 1 AS c", "no row has a value in every feature"),
        ("1e60 AS a, 1 AS b, 1 AS c", "column 'a' has values beyond 1e[+]50"),
        ("1 AS a, 1 AS b", "no column 'c'; it has 'id', 'a', 'b'"),
    ],
)
def test_what_is_no_input_is_refused_in_the_same_words(
    both: tuple[Warehouse, Warehouse], tmp_path: Path, numbers: str, told: str
) -> None:
    fill(both, "CAST(i AS bigint)", numbers)
    for warehouse in both:
        with pytest.raises(InputError, match=told):
            write_table(FEATURES, tmp_path / "features.parquet", warehouse)
