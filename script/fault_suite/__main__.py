"""script/faults: try made-up input, and print a table of what became of it as Markdown."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from rich.console import Console
from rich.progress import track

from script.fault_suite.kinds import KINDS
from script.fault_suite.trial import FINE, Kind, Outcome

SHOWN = 20  # failures of a kind that are printed


def main() -> int:
    """0 when everything was read right or refused by name."""
    options = _options()
    rows = []
    for kind in KINDS:
        if options.only and kind.name not in options.only:
            continue
        counts, seconds = _tried(kind, options.quick, options.seed)
        cells = [f"{counts[outcome]:,}" for outcome in Outcome]
        rows.append([kind.title, f"{counts.total():,}", *cells, f"{seconds:.0f}"])
        failed = counts.total() - sum(counts[outcome] for outcome in FINE)
        print(f"{kind.name}: {counts.total():,} tried, {failed:,} failed", file=sys.stderr)
    heading = ["What was tried", "Inputs", *map(str.capitalize, Outcome), "Seconds"]
    lines = [heading, ["---", *["---:"] * (len(heading) - 1)], *rows]
    print("\n".join(f"| {' | '.join(line)} |" for line in lines))
    return 0 if all(cell == "0" for row in rows for cell in row[4:-1]) else 1


def _tried(kind: Kind, quick: bool, seed: int) -> tuple[Counter[Outcome], float]:
    begin = time.monotonic()
    counts: Counter[Outcome] = Counter()
    count = kind.quick if quick else kind.full
    console = Console(stderr=True)
    trials = kind.run(count, seed)
    for trial in track(trials, kind.title, count, console=console, disable=not console.is_terminal):
        counts[trial.outcome] += 1
        if trial.outcome not in FINE and counts[trial.outcome] <= SHOWN:
            print(f"{kind.name} {trial.label}: {trial.outcome}: {trial.detail}", file=sys.stderr)
    return counts, time.monotonic() - begin


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/faults", description=__doc__)
    names = [kind.name for kind in KINDS]
    parser.add_argument(
        "only", nargs="*", metavar="KIND", help=f"what to try ({', '.join(names)}); all without it"
    )
    parser.add_argument("--quick", action="store_true", help="a few of each, as script/test does")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="other inputs")
    options = parser.parse_args()
    if unknown := set(options.only) - set(names):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
