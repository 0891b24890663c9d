"""The warehouse on a real PostgreSQL server: types, faults, and connections that break."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from include.gmm import settings
from include.gmm.errors import BusyError, InputError
from include.gmm.warehouse import Connection, Warehouse, postgres, warehouse_of
from tests.gmm.warehouse.servers import PostgresServer
from tests.gmm.warehouse.sources import csv, source


@pytest.fixture
def profile(postgres_server: PostgresServer) -> dict[str, Any]:
    return postgres_server.database()


@pytest.fixture
def database(profile: dict[str, Any]) -> Warehouse:
    return warehouse_of(profile)


def things(database: Warehouse) -> list[tuple[Any, ...]]:
    return database.run(lambda connection: connection.execute("SELECT * FROM raw.things"))


def test_the_shipped_purchases_load_whole(database: Warehouse) -> None:
    loaded = database.load(settings.find("customers").source)
    assert loaded.rows == 69_659
    sums = "SELECT count(DISTINCT customer_id), sum(dollar_value)::text FROM raw.purchases"
    assert database.run(lambda it: it.execute(sums)) == [(23_570, "2500315.63")]


def test_the_digest_follows_the_rows_and_not_their_order(
    database: Warehouse, tmp_path: Path
) -> None:
    one = database.load(source(csv(tmp_path, "id,amount\n1,2\n2,3\n")))
    shuffled = database.load(source(csv(tmp_path, "id,amount\n2,3\n1,2\n")))
    other = database.load(source(csv(tmp_path, "id,amount\n2,3\n1,9\n")))
    assert one == shuffled
    assert one.digest != other.digest


@pytest.mark.parametrize(
    ("kind", "text", "value", "type_there"),
    [
        ("TINYINT", "-7", -7, "SMALLINT"),
        ("UINTEGER", "4294967295", 2**32 - 1, "BIGINT"),
        ("UBIGINT", "18446744073709551615", str(2**64 - 1), "DECIMAL(20,0)"),
        ("HUGEINT", "-170141183460469231731687303715884105728", str(-(2**127)), "DECIMAL(39,0)"),
        ("DECIMAL(10, 2)", "1.100", "1.10", "DECIMAL(10,2)"),
        ("DOUBLE", "0.1", 0.1, "DOUBLE"),
        ("FLOAT", "0.5", 0.5, "FLOAT"),
        ("BOOLEAN", "Yes", True, "BOOLEAN"),
        ("VARCHAR", " a ", " a ", "VARCHAR"),
        ("DATE", "2024-01-02", date(2024, 1, 2), "DATE"),
        ("TIMESTAMP", "2024-01-02T03:04:05.5", datetime(2024, 1, 2, 3, 4, 5, 500_000), "TIMESTAMP"),
        (
            "TIMESTAMP WITH TIME ZONE",
            "2024-01-01 10:00:00+02",
            datetime(2024, 1, 1, 8, tzinfo=UTC),
            "TIMESTAMP WITH TIME ZONE",
        ),
        (
            "UUID",
            "abcdef00-e29b-41d4-a716-446655440000",
            UUID("abcdef00-e29b-41d4-a716-446655440000"),
            "UUID",
        ),
    ],
)
def test_values_arrive_exactly_in_a_type_that_holds_them(
    database: Warehouse, tmp_path: Path, kind: str, text: str, value: object, type_there: str
) -> None:
    database.load(source(csv(tmp_path, f"id,n\n,0\n{text},1\n"), id=kind, n="INTEGER"))
    found = {number: each for each, number in things(database)}
    assert found == {0: None, 1: value}
    assert database.run(lambda it: it.columns("raw", "things"))["id"] == type_there


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,amount\n", "there are no rows"),
        ("id,total\n1,2\n", "no column amount; it has id, total"),
        ("id,amount\n1,2\n2,much\n", "line 3.*column 'amount'.*'much'"),
        ("id,amount\n1,2\n2.5,3\n", "line 3.*column 'id'.*'2.5' is not exactly INTEGER"),
        ("id,amount\n1,2\n2\n", "line 3 has 1 column, but the header has 2"),
    ],
)
def test_a_bad_file_is_refused_by_its_line_and_the_table_is_as_before(
    database: Warehouse, tmp_path: Path, text: str, told: str
) -> None:
    before = database.load(source(csv(tmp_path, "id,amount\n1,2\n")))
    with pytest.raises(InputError, match=rf"things.csv.*{told}"):
        database.load(source(csv(tmp_path, text)))
    assert database.load(source(None)) == before


def test_a_type_without_a_counterpart_is_told_with_its_key(
    database: Warehouse, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"source\.columns\.id: PostgreSQL has no type like TIMES"):
        database.load(source(csv(tmp_path, "id\n2024-01-01\n"), id="TIMESTAMP_NS"))


def test_a_table_that_views_show_is_loaded_anew_under_them(
    database: Warehouse, tmp_path: Path
) -> None:
    kinds = {"id": "UUID", "n": "INTEGER"}
    rows = "id,n\nabcdef00-e29b-41d4-a716-446655440000,{}\n"
    database.load(source(csv(tmp_path, rows.format(1)), **kinds))
    database.run(lambda it: it.execute("CREATE VIEW main.shown AS SELECT n FROM raw.things"))
    database.load(source(csv(tmp_path, rows.format(2)), **kinds))
    assert database.run(lambda it: it.execute("SELECT n FROM main.shown")) == [(2,)]
    with pytest.raises(InputError, match=r"depend.*drop or change what depends on it"):
        database.load(source(csv(tmp_path, "id\n1\n"), id="INTEGER"))
    assert database.run(lambda it: it.execute("SELECT n FROM main.shown")) == [(2,)]


def test_a_view_is_not_replaced(database: Warehouse, tmp_path: Path) -> None:
    def made(connection: Connection) -> None:
        connection.execute("CREATE SCHEMA raw")
        connection.execute("CREATE VIEW raw.things AS SELECT 1 AS id, 2 AS amount")

    database.run(made)
    with pytest.raises(InputError, match=r"source\.table: raw\.things is a view"):
        database.load(source(csv(tmp_path, "id,amount\n1,2\n")))


def test_a_failure_undoes_all_of_a_transaction(database: Warehouse) -> None:
    def failing(connection: Connection) -> None:
        connection.execute("CREATE TABLE main.half AS SELECT 1 AS a")
        connection.execute("SELECT 1 / 0")

    with pytest.raises(InputError, match="division by zero"):
        database.run(failing)
    assert database.run(lambda it: it.columns("main", "half")) == {}


def test_a_missing_right_is_told_with_what_to_do(
    postgres_server: PostgresServer, profile: dict[str, Any]
) -> None:
    postgres_server.sql(profile["dbname"], "CREATE ROLE reader LOGIN")
    try:
        reader = warehouse_of({**profile, "user": "reader"})
        with pytest.raises(InputError, match=r"permission denied.*docs/deploying\.md"):
            reader.run(lambda it: it.execute("CREATE TABLE main.a AS SELECT 1 AS b"))
    finally:
        postgres_server.sql(profile["dbname"], "DROP ROLE reader")


@pytest.mark.parametrize("wrong", [{"dbname": "none"}, {"port": 1}, {"user": "nobody"}])
def test_a_server_that_does_not_let_us_in_is_told_without_the_password(
    profile: dict[str, Any], wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 0.1)
    with pytest.raises(InputError) as refused:
        warehouse_of({**profile, **wrong}).run(lambda it: it.execute("SELECT 1"))
    assert "127.0.0.1" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_server_that_is_away_for_long_may_be_tried_again_later(
    profile: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 0.1)
    with pytest.raises(BusyError, match="refused"):
        warehouse_of({**profile, "port": 1}).run(lambda it: it.execute("SELECT 1"))


def test_work_is_done_once_more_when_the_server_restarts_in_its_midst(
    own_server: PostgresServer,
) -> None:
    database = warehouse_of(own_server.database())
    attempts = []

    def interrupted(connection: Connection) -> int:
        attempts.append(time.monotonic())
        connection.execute("CREATE TABLE main.made AS SELECT 1 AS a")
        if len(attempts) == 1:
            own_server.stop()
            threading.Timer(2, own_server.start).start()
        return int(connection.execute("SELECT count(*) FROM main.made")[0][0])

    assert database.run(interrupted) == 1
    assert len(attempts) > 1
    assert database.run(lambda it: it.execute("SELECT a FROM main.made")) == [(1,)]


def test_a_lock_is_one_transactions_at_a_time(database: Warehouse) -> None:
    order: list[str] = []

    def slow(connection: Connection) -> None:
        connection.lock("table")
        other.start()
        time.sleep(0.5)
        order.append("first")

    def quick(connection: Connection) -> None:
        connection.lock("table")
        order.append("second")

    other = threading.Thread(target=database.run, args=(quick,))
    database.run(slow)
    other.join()
    assert order == ["first", "second"]


def test_names_that_must_be_quoted_are_columns_like_others(
    database: Warehouse, tmp_path: Path
) -> None:
    file = csv(tmp_path, 'Order,"a ""b"" c"\n1,2\n')
    database.load(source(file, Order="INTEGER", **{'a "b" c': "INTEGER"}))
    assert list(database.run(lambda it: it.columns("raw", "things"))) == ["Order", 'a "b" c']
