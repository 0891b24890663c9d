"""The feature table of the warehouse as a snapshot: checked and sorted by DuckDB."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from include.gmm.columns import LARGEST
from include.gmm.errors import InputError
from include.gmm.settings import WAREHOUSE, Features
from include.gmm.snapshot.checks import demand_columns, demand_values
from include.gmm.snapshot.gaps import Gaps
from include.gmm.snapshot.rows import GROUP_ROWS, Rows
from include.gmm.snapshot.writing import write
from include.gmm.sql import key_as_read, quoted
from include.gmm.warehouse import columns, connected, demand_warehouse

NUMERIC = re.compile(
    r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|BOOLEAN|DECIMAL\(\d+,\d+\)"
)
MEMORY = "500MB"  # of DuckDB while it sorts; what that takes beyond goes to its temporary files


def write_table(features: Features, into: Path, warehouse: Path = WAREHOUSE) -> Rows:
    """Write the table of the features' dbt model as a snapshot.

    Keys that differ are different in the snapshot, too, whatever their type.

    Parameters
    ----------
    features
        Which table, and which of its columns.
    into
        A file that is not there yet.
    warehouse
        The DuckDB file.

    Raises
    ------
    InputError
        That names the column which is not there, is not of numbers, or has a value that no mixture
        can take; or those that are missing somewhere, unless the settings leave such rows out.
    """
    demand_warehouse(warehouse)
    with connected(warehouse) as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("BEGIN")  # all statements see the same rows
        gaps = _checked(connection, features)
        return write(into, _sorted(connection, features), features, gaps, features.model)


def _sorted(connection: duckdb.DuckDBPyConnection, features: Features) -> Iterator[pa.RecordBatch]:
    model, key = features.model, quoted(features.key)
    kind = columns(connection, "main", model)[features.key]
    numbers = [
        f"coalesce({name}::DOUBLE, 'NaN'::DOUBLE) AS {name}"
        for name in map(quoted, (*features.columns, *features.profile))
    ]
    as_read = key_as_read(f"features.{key}", kind, f"{model}: key {features.key!r}")
    relation = connection.table(f"main.{quoted(model)}").set_alias("features")
    chosen = relation.project(", ".join([f"{as_read} AS {key}", *numbers]))
    yield from chosen.order(key).to_arrow_reader(GROUP_ROWS)


def _checked(connection: duckdb.DuckDBPyConnection, features: Features) -> Gaps:
    """The gaps of a table. Raises InputError for one that cannot be used."""
    table, key = features.model, features.key
    numbers = [*features.columns, *features.profile]
    types = columns(connection, "main", table)
    if not types:
        raise InputError(f"the warehouse has no table main.{table}; build the dbt models first")
    demand_columns(list(types), features, table)
    key_as_read(quoted(key), types[key], f"{table}: key {key!r}")  # refuses what is no key
    for name in numbers:
        if not NUMERIC.fullmatch(types[name]):
            raise InputError(
                f"{table}: column {name!r} is {types[name]}, and every feature must be a number; "
                "convert it in the dbt model"
            )
    relation = connection.table(f"main.{quoted(table)}")
    there = quoted(key)
    if types[key] in ("FLOAT", "DOUBLE"):
        there = f"nullif({there}::DOUBLE, 'NaN'::DOUBLE)"
    rows, keys = relation.aggregate(f"count(*), count({there})").fetchall()[0]
    if rows == 0:
        raise InputError(f"{table}: there are no rows")
    if keys < rows:
        raise InputError(f"{table}: key {key!r} is empty in {rows - keys} rows")
    facts = _facts(relation, {name: quoted(name) for name in numbers})
    # NaN comes after infinity. It is missing, too, and is not among what is counted anew.
    lacking = {
        name: f"nullif({quoted(name)}::DOUBLE, 'NaN'::DOUBLE)"
        for name, (count, _, greatest) in facts.items()
        if count < rows or math.isnan(greatest)
    }
    if lacking:
        facts |= _facts(relation, lacking)
    needed = {name: value for name, value in lacking.items() if name in features.columns}
    gaps = Gaps(
        _rows_with_any(relation, [f"{value} IS NULL" for value in needed.values()]),
        rows,
        {name: rows - facts[name][0] for name in needed},
    )
    demand_values(gaps, features, table)
    for name, (values, least, greatest) in facts.items():
        if values:
            _refuse_ends(f"{table}: column {name!r}", least, greatest)
    return gaps


def _facts(
    relation: duckdb.DuckDBPyRelation, values: Mapping[str, str]
) -> dict[str, tuple[int, float, float]]:
    """Of each value (in SQL): how often it is there, the least and the greatest.

    Of a column as it is, DuckDB takes them from the statistics that it keeps.
    """
    facts = [f"count({of}), min({of})::DOUBLE, max({of})::DOUBLE" for of in values.values()]
    found = relation.aggregate(", ".join(facts)).fetchall()[0]
    return {name: found[3 * place : 3 * place + 3] for place, name in enumerate(values)}


def _rows_with_any(relation: duckdb.DuckDBPyRelation, conditions: list[str]) -> int:
    if not conditions:
        return 0
    found = relation.filter(" OR ".join(conditions)).aggregate("count(*)").fetchall()
    return int(found[0][0])


def _refuse_ends(named: str, least: float, greatest: float) -> None:
    """Raises InputError for a column whose least or greatest value no mixture can take."""
    if not (math.isfinite(least) and math.isfinite(greatest)):
        raise InputError(
            f"{named} is infinite in some rows; every value of a feature must be a finite number"
        )
    if (largest := max(-least, greatest)) > LARGEST:
        raise InputError(
            f"{named} has values beyond {LARGEST:g}, such as {largest:g}: too large to reckon "
            "with; correct them, or use a larger unit"
        )
