"""Segments of many rows from a PostgreSQL database into it, and by a loop of pandas' own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import sqlalchemy

from include.gmm import sql
from include.gmm.scoring.scoring import score
from include.gmm.store import store_at
from include.gmm.versions import artifacts, champion
from include.gmm.warehouse import Connection, Warehouse
from include.gmm.warehouse.profiles import chosen
from script.benchmark.contenders import OURS, SCIKIT_LEARN
from script.benchmark.items import Item
from script.benchmark.memory import peak
from script.benchmark.process import WorkerError
from script.benchmark.rounds import folder, progress
from script.benchmark.scoring import make_champion, pieces_by_name

TARGET = "server"  # of include/dbt/profiles.yml: the database that PGHOST and the like name
CHUNK = 200_000  # rows of a frame
LOOPED = "scores_of_a_loop"


@dataclass(frozen=True)
class PostgresResult:
    """Seconds, and bytes at the peak, by contender."""

    item: Item
    seconds: dict[str, float]
    peak: dict[str, int]


def measure_postgres(item: Item) -> PostgresResult:
    """The item's rows in a table of the database, scored by each contender in its own process."""
    progress(f"scoring in PostgreSQL: {item}")
    seconds, peaks = {}, {}
    with folder() as place:
        _fill(item, chosen(TARGET))
        make_champion(item, place)
        for name in (OURS, SCIKIT_LEARN):
            command = [sys.executable, "-m", "script.benchmark.postgres", name, str(place)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                raise WorkerError(f"{name}: {(done.stderr.strip() or 'killed').splitlines()[-1]}")
            answer = json.loads(done.stdout.splitlines()[-1])
            seconds[name], peaks[name] = answer["seconds"], answer["peak"]
            progress(f"  {name}: {seconds[name]:.1f} s, {peaks[name] / 1e6:,.0f} MB")
    return PostgresResult(item, seconds, peaks)


def _fill(item: Item, warehouse: Warehouse) -> None:
    def filled(connection: Connection) -> None:
        connection.create_schema(warehouse.schema)
        connection.execute(f"DROP TABLE IF EXISTS {sql.place(warehouse.schema, 'features')}")
        for number, table in enumerate(pieces_by_name(item)):
            if number == 0:
                kinds = dict.fromkeys(table.column_names, "DOUBLE") | {"id": "BIGINT"}
                connection.create(warehouse.schema, "features", kinds)
            connection.append(warehouse.schema, "features", table.to_reader())

    warehouse.run(filled)


def take(contender: str, place: Path) -> None:
    """Score all rows of the table."""
    store, warehouse = store_at(place / "models"), chosen(TARGET)
    present = champion.read(store, "bench")
    if present is None:
        raise WorkerError("there is no champion")
    manifest, model = artifacts.load(store, present.reference)
    if contender == OURS:
        score(store, present.reference, present.segment_ids, manifest.settings, warehouse)
        return
    names = list(manifest.data.features)
    url = warehouse.shown.replace("postgres://", "postgresql+psycopg2://")
    engine = sqlalchemy.create_engine(url)  # psycopg2 takes user and password from PGUSER, ...
    reading = engine.connect().execution_options(stream_results=True)
    query = sqlalchemy.text(f"SELECT * FROM {sql.place(warehouse.schema, 'features')}")  # noqa: S608
    with reading, engine.begin() as writing:
        for number, frame in enumerate(pd.read_sql(query, reading, chunksize=CHUNK)):
            found = model.predict_proba(frame[names]).astype(np.float32)
            columns = [f"probability_{k + 1}" for k in range(found.shape[1])]
            scores = pd.DataFrame(found, columns=columns)
            scores.insert(0, "id", frame["id"].to_numpy())
            scores.insert(1, "segment_id", found.argmax(axis=1) + 1)
            scores.to_sql(
                LOOPED,
                writing,
                schema=warehouse.schema,
                if_exists="append" if number else "replace",
                index=False,
            )


if __name__ == "__main__":
    begin = perf_counter()
    take(sys.argv[1], Path(sys.argv[2]))
    print(json.dumps({"seconds": perf_counter() - begin, "peak": peak()}))
