"""`fit` and `report`: from a file to a version, and from a version to its page."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import Progress

from include.gmm import characters, disk, settings
from include.gmm.columns import refuse_unprintable
from include.gmm.commands import choosing, shelf
from include.gmm.errors import InputError
from include.gmm.evaluation import evaluate
from include.gmm.files import read_file
from include.gmm.mixture.progress import Progress as MixtureProgress
from include.gmm.settings import Segmentation
from include.gmm.snapshot.frame import write_frame
from include.gmm.store import store_at
from include.gmm.terminal import render, show_all
from include.gmm.training import train
from include.gmm.versions import pruning, saved_summary


def fit(options: argparse.Namespace, console: Console) -> None:
    """Choose and fit a mixture to a file, save it, load it back, and print its segments."""
    _refuse_contradictions(options)
    disk.demand_room(options.output)
    key = settings.find(options.segmentation).features.key if options.segmentation else options.key
    frame = read_file(options.file, key, options.encoding)
    where, store = str(options.file), store_at(options.output.absolute())
    if options.segmentation:
        chosen, note = _of_segmentation(options), ""
    else:
        frame = choosing.with_key(frame, options.key)
        chosen, note = _of_columns(options, frame)
    disk.demand_room(options.output / chosen.name)
    with (
        tempfile.TemporaryDirectory(prefix="snapshot-") as scratch,
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("Reading")

        def show(progress: MixtureProgress) -> None:
            bar.update(
                task, description=progress.stage, completed=progress.done, total=progress.total
            )

        rows = write_frame(frame, chosen.features, Path(scratch) / "features.parquet", where)
        reference = train(rows, chosen, store, where, show)
        try:
            summary = evaluate(store, reference, rows, where)
        except BaseException:  # nobody could see what is in it
            pruning.discard(store, reference)
            raise
    if note:
        Console(stderr=True, soft_wrap=True).print(note, markup=False, highlight=False)
    show_all(console, render(summary))
    folder = options.output / reference.segmentation / reference.version
    console.print(f"Saved in {folder}; report.html there is its page", markup=False)


def report(options: argparse.Namespace, console: Console) -> None:
    """Draw the page of a version as one HTML file."""
    summary = saved_summary.in_folder(options.folder)
    output = (options.output or options.folder / "report.html").resolve()
    if output.is_dir():
        raise InputError(f"{output}: cannot be written (Is a directory); name a file")
    if output.exists() and not output.is_file():  # a device would be replaced by a file
        raise InputError(f"{output}: cannot be written (Not a file); name a file")
    if not output.parent.is_dir():
        raise InputError(
            f"{output}: cannot be written (No such file or directory); make its folder first"
        )
    disk.demand_room(output.parent)
    # Imported here, because `fit` can refuse its input without what draws.
    from include.gmm.page import export

    disk.write(output, export.report(summary).encode())
    console.print(f"Saved {output}", markup=False)


def _refuse_contradictions(options: argparse.Namespace) -> None:
    """Raises InputError for options that do not go together, before the file is read."""
    if options.segmentation:
        if options.key or options.features or options.feature:
            raise InputError(
                "--segmentation brings key and features: leave out --key, --features and --feature"
            )
    elif not options.key:
        raise InputError(
            "--key COLUMN is needed: the column that tells rows apart. Where there is none, "
            "--key row numbers the rows"
        )


def _of_segmentation(options: argparse.Namespace) -> Segmentation:
    """The settings of a segmentation file, for versions that are none of its own.

    They are of other rows than its champion, so its segments' names are not theirs.
    """
    content = settings.find(options.segmentation).model_dump()
    name = shelf.name_for(options.output, options.file, options.name)
    content |= {
        "name": name,
        "title": f"{content['title']} ({characters.cleaned(options.file.name)})",
        "source": shelf.source_of(options.file, name, content["features"]["key"]).model_dump(),
        "segment_names": {},
    }
    return settings.validate(_with_options(content, options), "options")


def _of_columns(options: argparse.Namespace, frame: pd.DataFrame) -> tuple[Segmentation, str]:
    """The settings that the options and the columns give, and what is to be told of the columns."""
    if frame.empty:
        raise InputError(f"{options.file}: there are no rows")
    if options.key not in frame.columns:
        raise InputError(
            f"{options.file}: no column {options.key!r}; it has "
            f"{', '.join(map(repr, frame.columns))}"
        )
    names, note = choosing.named(options), ""
    if not names:
        names, note = choosing.numeric(frame, options.key, str(options.file))
    columns = [options.key, *names]
    refuse_unprintable(list(frame.columns), columns, str(options.file))
    name = shelf.name_for(options.output, options.file, options.name)
    content = {
        "name": name,
        "title": characters.cleaned(options.file.resolve().name),
        "source": shelf.source_of(options.file, name, options.key).model_dump(),
        "features": {
            "model": name,
            "key": options.key,
            "columns": {feature: {} for feature in names},
        },
        "mixture": {"n_components": {}},
    }
    return settings.validate(_with_options(content, options), "options"), note


def _with_options(content: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    if options.seed is not None:
        content["mixture"]["seed"] = options.seed
    if options.max_components is not None:
        content["mixture"]["n_components"]["max"] = options.max_components
    if options.missing is not None:
        content["features"]["missing"] = options.missing
    return content
