"""Loading into a real DuckDB file, and what a failure leaves behind."""

import math
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.gmm import settings
from include.gmm.errors import InputError
from include.gmm.warehouse import duckdb_file as module
from include.gmm.warehouse.duckdb import DuckDbWarehouse
from include.gmm.warehouse.duckdb_file import connected
from tests.gmm.warehouse.sources import csv, source


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "warehouse.duckdb"


def test_the_shipped_purchases_load_whole(path: Path) -> None:
    loaded = DuckDbWarehouse(path).load(settings.find("customers").source)
    assert loaded.rows == 69_659
    with connected(path) as connection:
        customers, dollars = connection.execute(
            "SELECT count(DISTINCT customer_id), sum(dollar_value) FROM raw.purchases"
        ).fetchall()[0]
    assert customers == 23_570
    assert round(float(dollars), 2) == 2_500_315.63


def test_loading_twice_leaves_the_same_table(path: Path, tmp_path: Path) -> None:
    file = csv(tmp_path, "id,amount,other\n1,2.5,x\n2,3.5,y\n")
    first = DuckDbWarehouse(path).load(source(file))
    second = DuckDbWarehouse(path).load(source(file))
    assert first == second
    assert first.columns == ["id", "amount"]


def test_the_digest_follows_the_rows_and_not_their_order(path: Path, tmp_path: Path) -> None:
    one = DuckDbWarehouse(path).load(source(csv(tmp_path, "id,amount\n1,2\n2,3\n")))
    shuffled = DuckDbWarehouse(path).load(source(csv(tmp_path, "id,amount\n2,3\n1,2\n")))
    other = DuckDbWarehouse(path).load(source(csv(tmp_path, "id,amount\n2,3\n1,9\n")))
    assert one.digest == shuffled.digest != other.digest


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("id,amount\n", "there are no rows"),
        ("id,total\n1,2\n", "no column amount; it has id, total"),
        ("id,amount\n1,2\n2,much\n", "line 3.*column 'amount'.*'much'"),
        ("id,amount\n1,2\n2.5,3\n", "line 3.*column 'id'.*'2.5' is not exactly INTEGER"),
        ("id,x,amount\n1,'a',2\n2,\"b\nc\",3\n3,c,x\n", "line 5.*column 'amount'.*'x'"),
        ("id,amount\n1,2\n2\n", "line 3 has 1 column, but the header has 2"),
        ("id,id,amount\n1,2,3\n", "2 columns are called 'id'"),
    ],
)
def test_a_bad_file_is_refused_and_the_table_is_as_before(
    path: Path, tmp_path: Path, text: str, told: str
) -> None:
    before = DuckDbWarehouse(path).load(source(csv(tmp_path, "id,amount\n1,2\n")))
    with pytest.raises(InputError, match=rf"things.csv.*{told}"):
        DuckDbWarehouse(path).load(source(csv(tmp_path, text)))
    assert DuckDbWarehouse(path).load(source(None)) == before


def test_a_type_that_cannot_be_is_told_with_its_key(path: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"source\.columns\.id: DECIMAL\(39,2\) is no type"):
        DuckDbWarehouse(path).load(source(csv(tmp_path, "id\n1\n"), id="DECIMAL(39,2)"))


def taken(path: Path, file: Path, **columns: str) -> list[tuple[object, ...]]:
    DuckDbWarehouse(path).load(source(file, **columns))
    with connected(path) as connection:
        return connection.execute("FROM raw.things").fetchall()


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("INTEGER", "007", 7),
        ("INTEGER", "22.0", 22),
        ("INTEGER", "1e3", 1000),
        ("DECIMAL(10, 2)", "1.100", Decimal("1.10")),
        ("DECIMAL(38, 0)", "9" * 38, Decimal(10**38 - 1)),
        ("HUGEINT", "-170141183460469231731687303715884105728", -(2**127)),
        ("DOUBLE", "0.1", 0.1),
        ("DOUBLE", "-1.5e-300", -1.5e-300),
        ("DOUBLE", "9007199254740992", 2.0**53),
        ("DOUBLE", "-inf", -math.inf),
        ("FLOAT", "0.5", 0.5),
        ("DATE", "2024-01-02", date(2024, 1, 2)),
        ("DATE", "2024-01-02 00:00:00", date(2024, 1, 2)),
        ("TIMESTAMP", "2024-01-02T03:04:05.5", datetime(2024, 1, 2, 3, 4, 5, 500_000)),
        ("VARCHAR", "007", "007"),
        ("VARCHAR", " a ", " a "),
        ("BOOLEAN", "Yes", True),
        (
            "UUID",
            "ABCDEF00-E29B-41D4-A716-446655440000",
            UUID("abcdef00-e29b-41d4-a716-446655440000"),
        ),
    ],
)
def test_text_is_taken_exactly(
    path: Path, tmp_path: Path, kind: str, text: str, value: object
) -> None:
    assert taken(path, csv(tmp_path, f"id\n{text}\n"), id=kind) == [(value,)]


def test_a_time_with_a_zone_is_the_same_on_every_machine(path: Path, tmp_path: Path) -> None:
    file = csv(tmp_path, "id\n2024-01-01 10:00:00+02\n")
    moment = datetime(2024, 1, 1, 8, tzinfo=UTC)
    assert taken(path, file, id="TIMESTAMP WITH TIME ZONE") == [(moment,)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("INTEGER", "22.06"),
        ("INTEGER", "2147483648"),
        ("INTEGER", "1_000"),
        ("INTEGER", "0x10"),
        ("INTEGER", "1.5e1"),
        ("UTINYINT", "-1"),
        ("DECIMAL(10, 2)", "1.005"),
        ("DECIMAL(3, 2)", "10"),
        ("DOUBLE", "9007199254740993"),
        ("DOUBLE", "1e400"),
        ("DOUBLE", "1e-400"),
        ("DOUBLE", '"1,5"'),
        ("FLOAT", "16777217"),
        ("FLOAT", "0.1234567890123"),
        ("DATE", "2024-01-02 10:00:00"),
        ("DATE", "01/02/2024"),
        ("DATE", "2024-02-30"),
        ("TIMESTAMP", "2024-01-02 10:00:00.1234567"),
        ("TIMESTAMP", "2024-01-02 10:00:00+02"),
        ("TIMESTAMP WITH TIME ZONE", "2024-01-02 10:00:00"),
        ("BOOLEAN", "2"),
        ("UUID", "1234"),
    ],
)
def test_text_that_a_type_would_change_is_refused_with_its_line(
    path: Path, tmp_path: Path, kind: str, text: str
) -> None:
    file = csv(tmp_path, f"id,n\n,1\n{text},2\n")
    with pytest.raises(InputError, match=r"things\.csv: line 3: column 'id': .* is not exactly"):
        DuckDbWarehouse(path).load(source(file, id=kind))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("INTEGER", 22.06),
        ("DOUBLE", 2**53 + 1),
        ("FLOAT", 0.1),
        ("DECIMAL(10, 1)", 22.06),
        ("BOOLEAN", 2),
        ("DATE", datetime(2024, 1, 2, 10)),
        ("BIGINT", "12x"),
        ("BIGINT", Decimal("12345678901234567890123")),
    ],
)
def test_a_value_of_parquet_that_a_type_would_change_is_refused_with_its_row(
    path: Path, tmp_path: Path, kind: str, value: object
) -> None:
    pq.write_table(pa.table({"id": [None, value]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet: row 2: column 'id': .* is not exactly"):
        DuckDbWarehouse(path).load(source(tmp_path / "a.parquet", id=kind))


@pytest.mark.parametrize(
    ("kind", "value"), [("INTEGER", 22.0), ("DECIMAL(10, 2)", 22.06), ("DOUBLE", 7), ("VARCHAR", 7)]
)
def test_a_value_of_parquet_that_a_type_holds_is_taken(
    path: Path, tmp_path: Path, kind: str, value: float
) -> None:
    pq.write_table(pa.table({"id": [value]}), tmp_path / "a.parquet")
    expected = {"DECIMAL(10, 2)": Decimal("22.06"), "VARCHAR": "7"}.get(kind, value)
    assert taken(path, tmp_path / "a.parquet", id=kind) == [(expected,)]


def test_the_delimiter_is_the_one_that_gives_the_declared_columns(
    path: Path, tmp_path: Path
) -> None:
    assert taken(path, csv(tmp_path, '"a,b,c";id;n\nx;1;2\n'), id="INTEGER") == [(1,)]


def test_the_encoding_of_the_source_is_read(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "things.csv"
    file.write_bytes("id\ncafé\n".encode("cp1252"))
    declared = source(file, id="VARCHAR").model_copy(update={"encoding": "cp1252"})
    DuckDbWarehouse(path).load(declared)
    with connected(path) as connection:
        assert connection.execute("FROM raw.things").fetchall() == [("café",)]


@pytest.mark.parametrize("table", ["raw.order", "warehouse.things", "main.select"])
def test_a_table_may_be_called_as_sql_or_the_file_is(
    path: Path, tmp_path: Path, table: str
) -> None:
    declared = source(csv(tmp_path, "id,amount\n1,2\n")).model_copy(update={"table": table})
    assert DuckDbWarehouse(path).load(declared).rows == 1


def test_a_view_is_not_replaced(path: Path, tmp_path: Path) -> None:
    with connected(path) as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute("CREATE VIEW raw.things AS SELECT 1 AS id, 2 AS amount")
    with pytest.raises(InputError, match=r"source\.table: raw\.things is a view"):
        DuckDbWarehouse(path).load(source(csv(tmp_path, "id,amount\n1,2\n")))


def test_a_table_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(InputError, match=r"no table raw.things"):
        DuckDbWarehouse(path).load(source(None))


@pytest.mark.parametrize(
    "content", [b"SQLite format 3\0" + bytes(5000), b"x" * 5000, b"", b"DUCK"], ids=range(4)
)
def test_a_file_that_is_no_warehouse_is_refused_and_nothing_is_fetched(
    path: Path, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with (
        pytest.raises(InputError, match=r"warehouse\.duckdb: no DuckDB database, or a damaged one"),
        connected(path),
    ):
        pass


def test_a_warehouse_that_is_cut_off_is_refused(path: Path) -> None:
    with connected(path) as connection:
        connection.execute("CREATE TABLE t AS SELECT range AS x FROM range(100000)")
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(InputError, match="a damaged one"), connected(path):
        pass


def test_no_extension_is_ever_fetched(path: Path) -> None:
    with connected(path) as connection:
        found = connection.execute(
            "SELECT current_setting('autoinstall_known_extensions'), "
            "current_setting('autoload_known_extensions')"
        ).fetchall()
    assert found == [(False, False)]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Could not write: No space left on device", "the disk is full"),
        ("Cannot open file: Permission denied", "no permission"),
        ("Cannot open file: Read-only file system", "the file system is read-only"),
    ],
)
def test_a_disk_at_fault_is_told_on_one_line(path: Path, said: str, told: str) -> None:
    with pytest.raises(InputError, match=rf"warehouse\.duckdb: {told}"), connected(path):
        raise duckdb.IOException(said)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InputError, match="file"),
        connected(tmp_path / "file" / "x" / "warehouse.duckdb"),
    ):
        pass


def test_a_warehouse_that_stays_in_use_is_told_with_who_uses_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_PATIENCE", 0)
    with connected(path):
        pass
    hold = f"import duckdb; c = duckdb.connect({str(path)!r}); print(); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout
        holder.stdout.readline()
        with (
            pytest.raises(InputError, match=rf"in use .*PID {holder.pid}.*end it, or try again"),
            connected(path),
        ):
            pass
        holder.communicate(b"\n")


def test_a_writer_waits_for_another_process_to_finish(path: Path) -> None:
    with connected(path):
        pass
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb; c = duckdb.connect({str(path)!r}); print(); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout
    assert holder.stdin
    holder.stdout.readline()
    with pytest.raises(duckdb.IOException, match="lock"):
        duckdb.connect(str(path))
    threading.Timer(0.7, holder.stdin.close).start()
    with connected(path) as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    assert holder.stdin.closed  # not before
    holder.wait(timeout=10)
    holder.stdout.close()
