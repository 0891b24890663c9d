"""Loading into a real DuckDB file, and what a failure leaves behind."""

import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from include.gmm import settings, warehouse
from include.gmm.errors import InputError
from include.gmm.settings import Source


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "warehouse.duckdb"


def source(file: Path | None, **columns: str) -> Source:
    return Source(
        table="raw.things",
        file=None if file is None else str(file),
        columns=columns or {"id": "INTEGER", "amount": "DOUBLE"},
    )


def csv(folder: Path, text: str) -> Path:
    path = folder / "things.csv"
    path.write_text(text)
    return path


def test_the_shipped_purchases_load_whole(path: Path) -> None:
    loaded = warehouse.load_source(settings.find("customers").source, path)
    assert loaded.rows == 69_659
    with warehouse.connected(path) as connection:
        customers, dollars = connection.execute(
            "SELECT count(DISTINCT customer_id), sum(dollar_value) FROM raw.purchases"
        ).fetchall()[0]
    assert customers == 23_570
    assert round(float(dollars), 2) == 2_500_315.63


def test_loading_twice_leaves_the_same_table(path: Path, tmp_path: Path) -> None:
    file = csv(tmp_path, "id,amount,other\n1,2.5,x\n2,3.5,y\n")
    first = warehouse.load_source(source(file), path)
    second = warehouse.load_source(source(file), path)
    assert first == second
    assert first.columns == ["id", "amount"]


def test_the_digest_follows_the_rows_and_not_their_order(path: Path, tmp_path: Path) -> None:
    one = warehouse.load_source(source(csv(tmp_path, "id,amount\n1,2\n2,3\n")), path)
    shuffled = warehouse.load_source(source(csv(tmp_path, "id,amount\n2,3\n1,2\n")), path)
    other = warehouse.load_source(source(csv(tmp_path, "id,amount\n2,3\n1,9\n")), path)
    assert one.digest == shuffled.digest != other.digest


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("id,amount\n", "there are no rows"),
        ("id,total\n1,2\n", "no column amount; it has id, total"),
        ("id,amount\n1,2\n2,much\n", 'Line: 3.*column "amount".*much'),
    ],
)
def test_a_bad_file_is_refused_and_the_table_is_as_before(
    path: Path, tmp_path: Path, text: str, told: str
) -> None:
    before = warehouse.load_source(source(csv(tmp_path, "id,amount\n1,2\n")), path)
    with pytest.raises(InputError, match=rf"things.csv.*{told}"):
        warehouse.load_source(source(csv(tmp_path, text)), path)
    assert warehouse.load_source(source(None), path) == before


def test_a_type_that_does_not_exist_is_told(path: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="NONSENSE"):
        warehouse.load_source(source(csv(tmp_path, "id\n1\n"), id="NONSENSE"), path)


def test_a_table_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(InputError, match=r"no table raw.things"):
        warehouse.load_source(source(None), path)


def test_features_are_read_by_name_and_a_missing_one_is_named(path: Path) -> None:
    segmentation = settings.find("customers")
    with pytest.raises(InputError, match="does not exist yet"):
        warehouse.read_features(segmentation, path)
    with warehouse.connected(path) as connection:
        connection.execute("CREATE TABLE customer_features AS SELECT 1 AS customer_id, 2 AS orders")
    with pytest.raises(InputError, match=r"'customers'.*no column recency_days, spend"):
        warehouse.read_features(segmentation, path)


def test_a_writer_waits_for_another_process_to_finish(path: Path) -> None:
    with warehouse.connected(path):
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
    with warehouse.connected(path) as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    assert holder.stdin.closed  # not before
    holder.wait(timeout=10)
    holder.stdout.close()
