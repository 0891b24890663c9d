"""The feature table of the warehouse as a snapshot: checked and sorted there."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from include.gmm import sql
from include.gmm.columns import LARGEST
from include.gmm.errors import InputError
from include.gmm.settings import Features
from include.gmm.snapshot.checks import demand_columns, demand_values
from include.gmm.snapshot.gaps import Gaps
from include.gmm.snapshot.rows import Rows
from include.gmm.snapshot.writing import write
from include.gmm.sql import quoted
from include.gmm.warehouse import Connection, Warehouse

NUMERIC = re.compile(
    r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|BOOLEAN|DECIMAL\(\d+,\d+\)"
)


def write_table(features: Features, into: Path, warehouse: Warehouse) -> Rows:
    """Write the table of the features' dbt model as a snapshot.

    Keys that differ are different in the snapshot, too, whatever their type.

    Parameters
    ----------
    features
        Which table, and which of its columns.
    into
        A file that is not there yet.
    warehouse
        Where the table is.

    Raises
    ------
    InputError
        That names the column which is not there, is not of numbers, or has a value that no mixture
        can take; or those that are missing somewhere, unless the settings leave such rows out.
    """

    def written(connection: Connection) -> Rows:
        into.unlink(missing_ok=True)  # of an attempt that lost its connection
        table = _Table(connection, warehouse.schema, features)
        gaps = _checked(table)
        return write(into, connection.stream(_sorted(table)), features, gaps, features.model)

    return warehouse.run(written)


class _Table:
    """The feature table in one transaction."""

    def __init__(self, connection: Connection, schema: str, features: Features) -> None:
        self.connection = connection
        self.features = features
        self.place = f"{schema}.{features.model}"
        self.source = f"FROM {sql.place(schema, features.model)} AS features"
        self.types = connection.columns(schema, features.model)

    def number(self, name: str) -> str:
        """A column as a double."""
        return sql.number(name, self.types[name])

    def comparable(self, name: str) -> str:
        """A column as it is, unless it has truth values, which have no least one."""
        return self.number(name) if self.types[name] == "BOOLEAN" else quoted(name)

    def one(self, values: str, condition: str = "") -> tuple[Any, ...]:
        """The only row of an aggregate."""
        where = f" WHERE {condition}" if condition else ""
        return self.connection.execute(f"SELECT {values} {self.source}{where}")[0]


def _sorted(table: _Table) -> str:
    """The query of the key and the numbers, in order of the keys: of texts, by their bytes."""
    features = table.features
    kind, named = table.types[features.key], quoted(features.key)
    where = f"{features.model}: key {features.key!r}"
    key = sql.key_as_read(f"features.{named}", kind, where)
    numbers = [
        f"coalesce({table.number(name)}, 'NaN'::float8) AS {quoted(name)}"
        for name in (*features.columns, *features.profile)
    ]
    text = kind == "VARCHAR" or key != f"features.{named}"
    order = f'{key} COLLATE "C"' if text else key
    return f"SELECT {', '.join([f'{key} AS {named}', *numbers])} {table.source} ORDER BY {order}"


def _checked(table: _Table) -> Gaps:
    """The gaps of a table. Raises InputError for one that cannot be used."""
    features, types = table.features, table.types
    model, key = features.model, features.key
    numbers = [*features.columns, *features.profile]
    if not types:
        raise InputError(f"the warehouse has no table {table.place}; build the dbt models first")
    demand_columns(list(types), features, model)
    sql.refuse_no_key(types[key], f"{model}: key {key!r}")
    for name in numbers:
        if not NUMERIC.fullmatch(types[name]):
            raise InputError(
                f"{model}: column {name!r} is {types[name]}, and every feature must be a number; "
                "convert it in the dbt model"
            )
    there = quoted(key)
    if types[key] in ("FLOAT", "DOUBLE"):
        there = f"nullif({there}::float8, 'NaN'::float8)"
    rows, keys = table.one(f"count(*), count({there})")
    if rows == 0:
        raise InputError(f"{model}: there are no rows")
    if keys < rows:
        raise InputError(f"{model}: key {key!r} is empty in {rows - keys} rows")
    facts = _facts(table, {name: table.comparable(name) for name in numbers})
    # NaN comes after infinity. It is missing, too, and is not among what is counted anew.
    lacking = {
        name: f"nullif({table.number(name)}, 'NaN'::float8)"
        for name, (count, _, greatest) in facts.items()
        if count < rows or math.isnan(greatest)
    }
    if lacking:
        facts |= _facts(table, lacking)
    needed = {name: value for name, value in lacking.items() if name in features.columns}
    anywhere = " OR ".join(f"{value} IS NULL" for value in needed.values())
    gaps = Gaps(
        table.one("count(*)", anywhere)[0] if needed else 0,
        rows,
        {name: rows - facts[name][0] for name in needed},
    )
    demand_values(gaps, features, model)
    for name, (values, least, greatest) in facts.items():
        if values:
            _refuse_ends(f"{model}: column {name!r}", least, greatest)
    return gaps


def _facts(table: _Table, values: Mapping[str, str]) -> dict[str, tuple[int, float, float]]:
    """Of each value (in SQL): how often it is there, the least and the greatest.

    Of a column as it is, DuckDB takes them from the statistics that it keeps.
    """
    facts = [f"count({of}), min({of})::float8, max({of})::float8" for of in values.values()]
    found = table.one(", ".join(facts))
    return {name: found[3 * place : 3 * place + 3] for place, name in enumerate(values)}


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
