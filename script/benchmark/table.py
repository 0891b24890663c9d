"""The selection table by everybody who can choose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from script.benchmark.choices import CHOOSERS, Choice
from script.benchmark.data import all_rows
from script.benchmark.items import Item
from script.benchmark.rounds import Plan, folder, progress, seconds, take_turns, workers


@dataclass(frozen=True)
class TableResult:
    """Seconds for the whole table, and what came of it, by contender."""

    item: Item
    seconds: dict[str, float]
    choices: dict[str, Choice]


def measure_table(item: Item, plan: Plan) -> TableResult:
    """The table on the item's rows, standardised."""
    progress(f"selection on {item.rows:,} x {item.features}")
    rows = all_rows(item)
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    able = tuple(name for name in plan.contenders if name in CHOOSERS)
    with folder() as place, workers("table_worker", able) as asked:
        np.save(place / "rows.npy", rows)
        for name, worker in asked.items():
            worker.ask("prepare", contender=name, rows=str(place / "rows.npy"))
        answers = take_turns(plan, asked, "choose")
    return TableResult(
        item,
        {name: seconds(given) for name, given in answers.items()},
        {name: Choice(**given[0]["choice"]) for name, given in answers.items()},
    )
