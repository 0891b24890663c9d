"""A small world on a disk (two versions, a warehouse), the commands on it, and whether it is whole.

A command runs in a process of its own, which may be given another user and limits. Pages are not
drawn: that takes seconds and needs no disk.
"""

from __future__ import annotations

import io
import math
import multiprocessing
import os
import random
import resource
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, TypedDict

import pandas as pd

COMMANDS = ("fit", "report", "score", "promote", "load")
ROWS = 2_000
PAGE = "<!doctype html>" + 300_000 * "."
SETTINGS = """\
title: Shoppers
source: { table: raw.shoppers, file: CSV, columns: { shopper: VARCHAR, visits: INTEGER } }
features: { model: shop_features, key: shopper, columns: { visits: {}, euros: {} } }
mixture: { n_components: { min: 2, max: 2 }, covariance_types: [diag] }
"""


class Limits(TypedDict, total=False):
    """Of a process: the user it runs as, and the bytes of the longest file that it may write."""

    user: int
    longest_file: int


class Result(NamedTuple):
    """The status, what was printed to stderr, and the traceback of what was not caught."""

    status: int
    errors: str
    failure: str


def build(world: Path, chance: random.Random) -> None:
    """Make the world: the first of two versions is the champion, and its scores are published."""
    from include.gmm import settings
    from include.gmm.evaluation import evaluate
    from include.gmm.scoring.scoring import score
    from include.gmm.snapshot import taken
    from include.gmm.store import store_at
    from include.gmm.training import train
    from include.gmm.versions import artifacts, champion
    from include.gmm.warehouse import local
    from include.gmm.warehouse.duckdb_file import connected

    _do_not_draw()
    world.mkdir()
    rows = _rows(chance)
    rows.to_csv(world / "shoppers.csv", index=False)
    (world / "shop.yaml").write_text(SETTINGS.replace("CSV", str(world / "shoppers.csv")))
    segmentation = settings.load(world / "shop.yaml")
    with connected(world / "warehouse.duckdb") as connection:
        connection.register("rows", rows)
        connection.execute("CREATE TABLE shop_features AS FROM rows")
        connection.execute("CREATE SCHEMA raw; CREATE TABLE raw.shoppers AS SELECT 1 AS old")
    models = store_at(world / "models")
    with taken(segmentation.features, local(world / "warehouse.duckdb")) as snapshot:
        first, _ = (train(snapshot, segmentation, models, "shop") for _ in range(2))
        for name in artifacts.versions(models, "shop"):
            evaluate(models, artifacts.find(models, "shop", name), snapshot, "shop")
    manifest = artifacts.load_manifest(models, first)
    ids = tuple(range(1, 3))
    champion.appoint(models, None, first, manifest, ids, "person", "a trial")
    score(models, first, ids, segmentation, local(world / "warehouse.duckdb"))


def run(command: str, disk: Path, limits: Limits) -> Result:
    """Run a command on the world that is on a disk, in a process with those limits."""
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    process = context.Process(target=_limited, args=(command, disk, limits, theirs))
    process.start()
    theirs.close()
    try:
        result: Result = ours.recv()
    except EOFError:
        result = Result(-1, "", "the process ended without a word")
    process.join()
    return result


def preload() -> None:
    """Let processes begin with all modules loaded: another user may not be able to read them."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(
        [f"{__package__}.disk_modules"]
    )


def wrong(disk: Path, done: str | None) -> str:
    """What of the world is not whole, or is not as after the command that was done; or nothing."""
    from include.gmm.store import store_at
    from include.gmm.versions import artifacts, champion, saved_summary
    from include.gmm.warehouse.duckdb import DuckDbConnection
    from include.gmm.warehouse.duckdb_file import connected

    if left := [str(path.relative_to(disk)) for path in disk.rglob(".*")]:
        return f"left behind: {', '.join(left)}"
    for shelf in (*(disk / "models").iterdir(), *(disk / "files").glob("*")):
        for folder in shelf.iterdir():
            if not any(folder.iterdir()):
                return f"{folder.relative_to(disk)} is empty"
        store = store_at(shelf.parent)
        for name in artifacts.versions(store, shelf.name):
            reference = artifacts.find(store, shelf.name, name)
            artifacts.load(store, reference)
            saved_summary.read(store, reference)
    fitted = (disk / "files").exists()
    first, second = artifacts.versions(store_at(disk / "models"), "shop")
    present = champion.read(store_at(disk / "models"), "shop")
    if present is None or (done == "promote" and present.reference.version != second):
        return f"the champion is {present}"
    if done != "promote" and present.reference.version not in (first, second):
        return f"the champion is {present}"
    if fitted and done != "fit":
        return "there is a folder for versions of files"
    with connected(disk / "warehouse.duckdb") as connection:
        scored = connection.execute(
            "SELECT count(*), count(DISTINCT shopper), count(segment_id), min(model_version), "
            "max(model_version) FROM shop_segments"
        ).fetchall()
        columns = list(DuckDbConnection(connection).columns("raw", "shoppers"))
    if scored != [(ROWS, ROWS, ROWS, first, first)]:
        return f"the scores are {scored}"
    expected = ["shopper", "visits"] if done == "load" else ["old"]
    return "" if columns == expected else f"raw.shoppers has {columns}"


def _limited(command: str, disk: Path, limits: Limits, told: Connection) -> None:
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    status, failure = 1, ""
    try:
        if (longest := limits.get("longest_file")) is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (longest, longest))
        if user := limits.get("user"):
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
        status = _commanded(command, disk)
    except BaseException:
        failure = traceback.format_exc()
    told.send(Result(status, sys.stderr.getvalue(), failure))
    told.close()


def _commanded(command: str, disk: Path) -> int:
    from include.gmm import settings
    from include.gmm.__main__ import main
    from include.gmm.commands import life
    from include.gmm.errors import InputError
    from include.gmm.store import store_at
    from include.gmm.versions import artifacts
    from include.gmm.warehouse import local

    _do_not_draw()
    settings.SEGMENTATIONS = disk
    warehouse, models = local(disk / "warehouse.duckdb"), disk / "models"
    vars(life)["chosen"] = lambda _: warehouse
    versions = artifacts.versions(store_at(models), "shop")
    if command == "load":
        try:
            warehouse.load(settings.find("shop").source)
        except InputError as error:
            sys.stderr.write(f"error: {error}\n")
            return 2
        return 0
    file = [str(disk / "shoppers.csv"), "--key", "shopper", "--max-components", "2"]
    return main(
        {
            "fit": ["fit", *file, "--output", str(disk / "files")],
            "report": ["report", str(models / "shop" / versions[0])],
            "score": ["score", "shop", "--models", str(models)],
            "promote": ["promote", "shop", versions[1], "--anyway", "--models", str(models)],
        }[command]
    )


def _do_not_draw() -> None:
    from include.gmm.page import export

    vars(export)["report"] = lambda _: PAGE


def _rows(chance: random.Random) -> pd.DataFrame:
    often = [chance.random() < 0.3 for _ in range(ROWS)]
    return pd.DataFrame(
        {
            "shopper": [f"s{number:05d}" for number in range(ROWS)],
            "visits": [round(chance.gauss(40 if each else 9, 3)) for each in often],
            "euros": [round(math.exp(chance.gauss(6 if each else 3, 0.4)), 2) for each in often],
        }
    )
