"""script/bench: measure, and print the tables as Markdown."""

from __future__ import annotations

import argparse
import os
import platform
import sys

from include.gmm.errors import InputError
from script.benchmark import report
from script.benchmark.contenders import ONE_DAL, OURS, SCIKIT_LEARN
from script.benchmark.fits import measure_item
from script.benchmark.identity import measure_identity
from script.benchmark.items import ITEMS, PARQUET, PREDICTED, TABLE
from script.benchmark.life import LIVED, measure_life
from script.benchmark.machine import facts
from script.benchmark.parquet import measure_parquet
from script.benchmark.postgres import measure_postgres
from script.benchmark.process import Worker, WorkerError
from script.benchmark.rounds import Plan, folder
from script.benchmark.scoring import SCORED, measure_scoring
from script.benchmark.stability import measure_stability
from script.benchmark.table import measure_table


def main() -> int:
    """0 when everything was measured."""
    options = _options()
    try:
        with folder() as compiled:
            os.environ["NUMBA_CACHE_DIR"] = str(compiled)  # empty: the first fit has to compile
            _measure(options)
    except (WorkerError, InputError) as error:
        print(f"script/bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _measure(options: argparse.Namespace) -> None:
    one_dal, why = _one_dal() if options.peers else (None, "")
    contenders = [OURS]
    if options.peers:
        contenders += [SCIKIT_LEARN, *([ONE_DAL] if one_dal else [])]
    plan = Plan(tuple(contenders), options.repeat, options.peer_repeat)
    print("\n".join(f"- {line}" for line in [*facts(one_dal), *filter(None, [why])]) + "\n")
    others = (options.parquet, options.stability, options.identity, options.scoring)
    others_of_tasks = (options.postgres, options.life, options.tab)
    everything = not any((options.items, options.table, *others, *others_of_tasks))
    results = {
        name: measure_item(ITEMS[name].scaled(options.scale), plan, predict=name in PREDICTED)
        for name in (ITEMS if everything else options.items)
    }
    if results:
        for section in (report.speed, report.floors, report.details):
            print(section(results), flush=True)
    if everything or options.table:
        print(report.table(measure_table(TABLE.scaled(options.scale), plan)), flush=True)
    if options.stability:
        print(report.stability(measure_stability()), flush=True)
    if options.identity:
        print(report.identity(measure_identity()), flush=True)
    if options.parquet:
        print(report.parquet(measure_parquet(PARQUET.scaled(options.scale))), flush=True)
    if options.scoring:
        result = measure_scoring(SCORED.scaled(options.scale), options.repeat)
        print(report.scoring(result), flush=True)
    if options.postgres:
        print(report.postgres(measure_postgres(SCORED.scaled(options.scale))), flush=True)
    if options.life:
        print(report.life(measure_life(LIVED.scaled(options.scale))), flush=True)
    if options.tab:
        from script.benchmark.tab import measure_tab  # it brings a browser and Airflow's settings

        print(report.tab(measure_tab(options.repeat)), flush=True)


def _one_dal() -> tuple[str | None, str]:
    """Its version, or None and why it does not take part."""
    try:
        with Worker("fit_worker", ONE_DAL) as worker:
            return worker.ask("version")["version"], ""
    except WorkerError as error:
        if platform.machine() == "x86_64":
            return None, f"without {error}"
        return None, f"without oneDAL: it has no wheels for {platform.machine()}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description="Measure the mixture engine against scikit-learn and oneDAL. Without a choice "
        "of its own: all items and the table.",
    )
    parser.add_argument(
        "--items", type=_items, default="", metavar="abcd", help="EM iterations on these items"
    )
    parser.add_argument("--table", action="store_true", help="the selection table")
    parser.add_argument(
        "--parquet", action="store_true", help="a fit of a Parquet file of 1.3 GB, in TMPDIR"
    )
    parser.add_argument(
        "--stability",
        action="store_true",
        help="bootstrap refits of the customers of the last run of customers_train",
    )
    parser.add_argument(
        "--identity", action="store_true", help="whether refits of them keep their segment ids"
    )
    parser.add_argument(
        "--scoring",
        action="store_true",
        help="segments of 5,000,000 rows from DuckDB into DuckDB, in TMPDIR",
    )
    parser.add_argument(
        "--postgres",
        action="store_true",
        help="the same in the database that PGHOST, PGUSER, PGDATABASE name, against pandas",
    )
    parser.add_argument(
        "--life",
        action="store_true",
        help="training, scoring and monitoring of 20,000,000 rows, task by task, in TMPDIR",
    )
    parser.add_argument(
        "--tab", action="store_true", help="the Clusters tab in a browser, and for many at once"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, metavar="F", help="times the rows (1: full size)"
    )
    parser.add_argument(
        "--repeat", type=_count, default=3, metavar="N", help="measure N times, take the median (3)"
    )
    parser.add_argument(
        "--peer-repeat", type=_count, default=1, metavar="N", help="the same for scikit-learn (1)"
    )
    parser.add_argument(
        "--no-peers", dest="peers", action="store_false", help="this project and the floor alone"
    )
    return parser.parse_args()


def _items(text: str) -> str:
    if unknown := set(text) - set(ITEMS):
        raise argparse.ArgumentTypeError(
            f"no item {', '.join(sorted(unknown))}: {', '.join(ITEMS)}"
        )
    return text


def _count(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of times")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
