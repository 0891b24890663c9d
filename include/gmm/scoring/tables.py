"""Where scores lie in the warehouse: views where dbt builds, and behind them tables of their own.

<schema>.<view>                 what people read, with the same columns whatever the version
<schema>.<view>_wide            the same rows with a column for each segment's probability
<scores>."<view>@<version>"     every row's segment and probabilities under that version
<scores>."<view>@<plan>"        the same while it is being made
<scores>.tables                 what is known of the tables of versions
<scores>.plans, .ranges         which plans are being carried out, and their ranges that are done
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from include.gmm import sql
from include.gmm.errors import InputError
from include.gmm.warehouse import Connection, Warehouse

COLUMNS = (
    *("segment_id", "segment_name", "probability", "entropy"),
    *("model_version", "scored_at", "probabilities"),
)


@dataclass(frozen=True)
class Scores:
    """The scores that one view shows, in one transaction."""

    connection: Connection
    warehouse: Warehouse
    view: str

    def prepare(self) -> None:
        """Make the schema and what is known of tables, plans and ranges, unless there.

        Until the end of the transaction nobody else plans, publishes or restores for this view.
        """
        place = sql.quoted(self.warehouse.scores)
        self.connection.lock(self.warehouse.scores)  # two may not make one schema
        self.connection.create_schema(self.warehouse.scores)
        for statement in (
            f"CREATE TABLE IF NOT EXISTS {place}.tables (view_name text, version text, key text, "
            "key_type text, segment_names text, scored_at timestamp, "
            "PRIMARY KEY (view_name, version))",
            f"CREATE TABLE IF NOT EXISTS {place}.plans "
            "(plan text PRIMARY KEY, view_name text, scored_at timestamp)",
            f"CREATE TABLE IF NOT EXISTS {place}.ranges "
            "(plan text, number integer, rows bigint, PRIMARY KEY (plan, number))",
        ):
            self.connection.execute(statement)
        self.connection.lock(f"{self.warehouse.scores}.{self.view}")

    def records(self, table: str) -> str:
        """`tables`, `plans` or `ranges`, as SQL takes it."""
        return sql.place(self.warehouse.scores, table)

    def table(self, part: str) -> str:
        """The name of the table for a version or a plan."""
        return sql.fitting(f"{self.view}@{part}")

    def place(self, part: str) -> str:
        """That table as SQL takes it."""
        return sql.place(self.warehouse.scores, self.table(part))

    def versions(self) -> dict[str, datetime]:
        """The versions whose tables are there, each with its moment (UTC)."""
        if self.connection.definition(self.warehouse.scores, "tables") is None:
            return {}  # nothing was scored yet
        found = self.connection.execute(
            f"SELECT version, scored_at FROM {self.records('tables')} WHERE view_name = $1",
            self.view,
        )
        return {version: moment.replace(tzinfo=UTC) for version, moment in found}

    def shown(self) -> str | None:
        """The version whose table the view shows; None where there is no such view.

        Raises InputError when something else has that name.
        """
        definition = self.connection.definition(self.warehouse.schema, self.view)
        if definition is None:
            return None
        ours = re.search(rf'"({re.escape(self.view[:40])}[^"@]*@[^"]+)"', definition)
        if ours:
            for version in self.versions():
                if self.table(version) == ours[1]:
                    return version
        raise InputError(
            f"the warehouse has a table or view {self.view!r} that is not one of scores, and is "
            "left as it is; name another one by scoring.table in the segmentation's file"
        )

    def rename(self, part: str, table: str) -> None:
        """Give the table of a version or a plan another name."""
        self.connection.execute(f"ALTER TABLE {self.place(part)} RENAME TO {sql.quoted(table)}")

    def record(
        self, version: str, key: str, key_type: str, names: Mapping[int, str], scored_at: datetime
    ) -> None:
        """Note what the table of a version is; names are those of its segments."""
        self._forget(version)
        self.connection.execute(
            f"INSERT INTO {self.records('tables')} "
            f"VALUES ($1, $2, $3, $4, $5, {moment_in_sql(scored_at)})",
            *(self.view, version, key, key_type, json.dumps(names)),
        )

    def drop(self, version: str) -> None:
        """Remove the table of a version."""
        self.connection.execute(f"DROP TABLE {self.place(version)}")
        self._forget(version)

    def _forget(self, version: str) -> None:
        self.connection.execute(
            f"DELETE FROM {self.records('tables')} WHERE view_name = $1 AND version = $2",
            self.view,
            version,
        )


def probabilities(segment_ids: Iterable[int]) -> list[str]:
    """The columns of membership probabilities, one for each segment."""
    return [f"probability_{number}" for number in segment_ids]


def moment_in_sql(moment: datetime) -> str:
    """A moment as a literal of SQL, in UTC."""
    return f"CAST({sql.literal(str(moment.astimezone(UTC).replace(tzinfo=None)))} AS timestamp)"
