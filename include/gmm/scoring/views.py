"""The views that show a table of scores to people, and to dbt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC

from include.gmm import sql
from include.gmm.scoring.tables import COLUMNS, Scores, moment_in_sql, probabilities


def wide(view: str) -> str:
    """The name of the view with a column for each probability."""
    return f"{view}_wide"


def show(scores: Scores, version: str) -> None:
    """Let the views show the table of a version, and with it what follows from each row.

    Readers see the old rows or the new ones.
    """
    connection = scores.connection
    [(key, kind, named, moment)] = connection.execute(
        f"SELECT key, key_type, segment_names, scored_at FROM {scores.records('tables')} "
        "WHERE view_name = $1 AND version = $2",
        scores.view,
        version,
    )
    names = {int(number): name for number, name in json.loads(named).items()}
    present = connection.columns(scores.warehouse.scores, scores.table(version))
    ids = [int(name.rpartition("_")[2]) for name in [*present][2:]]
    columns = dict(zip(ids, probabilities(ids), strict=True))
    original = sql.quoted(key)
    if sql.key_type(kind) != kind:  # it was read, and is stored, as text
        original = f"CAST({original} AS {connection.type_of(kind)}) AS {original}"
    terms = " + ".join(
        f"{each}::float8 * ln(greatest({each}::float8, 1e-300))" for each in columns.values()
    )
    whole = connection.json_object({str(number): each for number, each in columns.items()})
    facts = (
        f"CAST({sql.literal(version)} AS text) AS model_version, "
        f"{moment_in_sql(moment.replace(tzinfo=UTC))} AS scored_at"
    )
    source = f"FROM {scores.place(version)}"
    _define(
        scores,
        scores.view,
        {key: kind, **dict.fromkeys(COLUMNS)},
        f"SELECT {original}, segment_id, {_named(ids, names)} AS segment_name, "
        f"greatest({', '.join(columns.values())}) AS probability, 0 - ({terms}) AS entropy, "
        f"{facts}, CASE WHEN segment_id IS NOT NULL THEN {whole} END AS probabilities {source}",
    )
    _define(
        scores,
        wide(scores.view),
        dict.fromkeys([key, "segment_id", *columns.values(), "model_version", "scored_at"])
        | {key: kind},
        f"SELECT {original}, segment_id, {', '.join(columns.values())}, {facts} {source}",
    )


def _named(ids: list[int], names: Mapping[int, str]) -> str:
    """The SQL expression of a segment's name."""
    whens = "".join(
        f" WHEN {number} THEN {sql.literal(names.get(number) or f'Segment {number}')}"
        for number in ids
    )
    return f"CAST(CASE segment_id{whens} END AS text)"


def _define(scores: Scores, name: str, columns: Mapping[str, str | None], query: str) -> None:
    """Replace a view: who may read it and what depends on it stay where its columns do.

    columns: by their names, with the type where it may have changed.
    """
    place = sql.place(scores.warehouse.schema, name)
    present = scores.connection.columns(scores.warehouse.schema, name)
    same = [*present] == [*columns] and all(
        present[column] == kind for column, kind in columns.items() if kind
    )
    if present and not same:
        scores.connection.execute(f"DROP VIEW {place}")
    scores.connection.execute(f"CREATE OR REPLACE VIEW {place} AS {query}")
