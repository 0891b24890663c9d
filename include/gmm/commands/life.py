"""`versions`, `show`, `compare`, `promote`, `rollback` and `score`: what the DAGs do, by hand."""

from __future__ import annotations

import argparse
import getpass
import os
from pathlib import Path

from rich.console import Console, Group
from rich.markdown import Markdown
from rich.progress import Progress
from rich.table import Column, Table
from rich.text import Text

from include.gmm import settings
from include.gmm.errors import InputError
from include.gmm.mixture.progress import Progress as Step
from include.gmm.promotion_record import Succession
from include.gmm.scoring.publishing import restore, unfinished_rollback
from include.gmm.scoring.scoring import score as score_all
from include.gmm.settings import Segmentation
from include.gmm.snapshot import taken
from include.gmm.store import Store, configured, store_at
from include.gmm.terminal import render, show_all
from include.gmm.versions import artifacts, champion, saved_summary
from include.gmm.versions.card import succession_in_words
from include.gmm.versions.promotion import compare_anew, outcome, roll_back
from include.gmm.versions.promotion import promote as promote_version
from include.gmm.versions.records import Champion, Reference
from include.gmm.warehouse import Warehouse
from include.gmm.warehouse.profiles import chosen


def versions(options: argparse.Namespace, console: Console) -> None:
    """List the versions on the disk, and what became of each."""
    segmentation = _segmentation(options)
    store = _store(options)
    champions = champion.history(store, segmentation.name)
    table = Table(Column("Version", no_wrap=True))
    for heading in ("Data as of", "Segments", "Covariances", "Rows", "Became of it"):
        table.add_column(heading)
    for name in artifacts.versions(store, segmentation.name):
        try:
            table.add_row(name, *_told(store, segmentation.name, name, champions))
        except InputError as error:  # the others are told all the same
            table.add_row(name, "", "", "", "", Text(f"damaged: {error}"))
    if table.row_count:
        show_all(console, Group(table))
    else:
        console.print(f"{segmentation.name} has no versions yet.")


def show(options: argparse.Namespace, console: Console) -> None:
    """Print the segments of a version, and how it compared with the champion of its time."""
    store = _store(options)
    reference = _version(options, store)
    summary = saved_summary.read(store, reference)
    console.print(f"Version {summary.version}", markup=False)
    show_all(console, render(summary))
    console.print(Markdown(succession_in_words(summary.succession)))


def compare(options: argparse.Namespace, console: Console) -> None:
    """Apply a version and the champion, or another version, to the features of today."""
    segmentation = _segmentation(options)
    store = _store(options)
    reference = _find(store, segmentation.name, options.version)
    if options.other:
        other = _find(store, segmentation.name, options.other)
        former = _as_champion(store, other)
    else:
        former = _champion(store, segmentation.name)
    if former.reference == reference:
        raise InputError(f"{options.version} is both versions: name another one by --with")
    succession = _compared(store, reference, segmentation, former, chosen(options.target))
    console.print(Markdown(succession_in_words(succession)))


def promote(options: argparse.Namespace, console: Console) -> None:
    """Make a version the champion by the rules of the segmentation file, or by your word."""
    segmentation = _segmentation(options)
    store = _store(options)
    reference = _find(store, segmentation.name, options.version)
    present = champion.read(store, segmentation.name)
    warehouse = chosen(options.target)
    # In manual mode a person decides, and whoever types this is one.
    approved = options.anyway or segmentation.promotion.mode == "manual"
    promoted = promote_version(
        store,
        reference,
        _compared(store, reference, segmentation, present, warehouse),
        segmentation,
        lambda: taken(segmentation.features, warehouse),
        actor=_person(),
        approved=approved,
    )
    console.print(Markdown(succession_in_words(promoted.succession)))
    console.print(promoted.sentence, markup=False)
    if promoted.outcome not in ("promoted", "would_promote"):
        raise InputError(f"{options.version} is not the champion; --anyway makes it so")


def rollback(options: argparse.Namespace, console: Console) -> None:
    """Return to the champion before the present one, and to its table of scores."""
    segmentation = _segmentation(options)
    store = _store(options)
    warehouse = chosen(options.target)
    unfinished = unfinished_rollback(store, segmentation, warehouse)
    serial = unfinished.serial - 1 if unfinished else None
    promoted = roll_back(store, segmentation.name, _person(), serial)
    console.print(f"{promoted.version}: {promoted.sentence}", markup=False)
    if restore(segmentation, promoted.version, warehouse):
        console.print(f"{segmentation.scores} shows the table that it had.", markup=False)
    else:
        console.print(
            f"Its table of scores is no longer there: `score {segmentation.name}` makes it anew.",
            markup=False,
        )


def score(options: argparse.Namespace, console: Console) -> None:
    """Write every row's segment by the champion into the warehouse, in one swap."""
    segmentation = _segmentation(options)
    store = _store(options)
    present = _champion(store, segmentation.name)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Planning")

        def shown(step: Step) -> None:
            bar.update(task, description=step.stage, completed=step.done, total=step.total)

        plan = score_all(
            store,
            present.reference,
            present.segment_ids,
            segmentation,
            chosen(options.target),
            progress=shown,
        )
    console.print(
        f"{plan.view}: {plan.rows:,} rows by version {present.reference.version}", markup=False
    )
    if plan.rows_without_segment:
        console.print(f"{plan.rows_without_segment:,} of them lack a value and have no segment")


def _segmentation(options: argparse.Namespace) -> Segmentation:
    """The one that is named, or whose file is."""
    return settings.find(Path(options.name).name.removesuffix(".yaml"))


def _compared(
    store: Store,
    reference: Reference,
    segmentation: Segmentation,
    former: Champion | None,
    warehouse: Warehouse,
) -> Succession:
    earlier = saved_summary.read(store, reference).succession
    with taken(segmentation.features, warehouse) as rows:
        return compare_anew(store, reference, segmentation, rows, earlier, former)


def _version(options: argparse.Namespace, store: Store) -> Reference:
    segmentation = _segmentation(options)
    if options.version:
        return _find(store, segmentation.name, options.version)
    return _champion(store, segmentation.name).reference


def _find(store: Store, segmentation: str, version: str) -> Reference:
    """A version by its name, or by the path of its folder, as a shell completes it."""
    path = Path(version)
    shelf = Path(store.address(segmentation))
    if len(path.parts) > 1 and path.resolve().parent != shelf.resolve():
        raise InputError(
            f"{version}: is no version of {segmentation}, whose versions are in {shelf}; "
            "name one of those"
        )
    return artifacts.find(store, segmentation, path.name)


def _champion(store: Store, name: str) -> Champion:
    present = champion.read(store, name)
    if present is None:
        raise InputError(f"{name} has no champion yet: train, or promote one of its versions")
    return present


def _as_champion(store: Store, reference: Reference) -> Champion:
    """Any version in the place of the champion, for a comparison."""
    manifest = artifacts.load_manifest(store, reference)
    ids = saved_summary.read(store, reference).succession.segment_ids
    return Champion(
        serial=1,
        reference=reference,
        as_of=manifest.as_of,
        segment_ids=ids,
        greatest_id=max(ids),
        predecessor=None,
        cause="person",
        actor="",
        appointed_at=manifest.created_at,
        attempt="",
        preceding_sha256=None,
    )


def _told(store: Store, segmentation: str, name: str, champions: list[Champion]) -> list[str]:
    """What the list says of a version behind its name. Raises InputError for a damaged one."""
    reference = artifacts.find(store, segmentation, name)
    manifest = artifacts.load_manifest(store, reference)
    evaluated = saved_summary.exists(store, reference)
    summary = saved_summary.read(store, reference) if evaluated else None
    return [
        manifest.as_of[:19].replace("T", " "),
        ", ".join(str(each.number) for each in summary.segments) if summary else "",
        summary.covariance_type if summary else "",
        f"{manifest.data.rows:,}",
        _became(store, reference, champions) if evaluated else "not evaluated",
    ]


def _became(store: Store, reference: Reference, champions: list[Champion]) -> str:
    if champions and champions[-1].reference == reference:
        return f"the champion since {champions[-1].appointed_at[:19].replace('T', ' ')}"
    if any(each.reference == reference for each in champions):
        return "was the champion"
    decided = outcome(store, reference)
    return decided.outcome.replace("_", " ") if decided else "not promoted"


def _person() -> str:
    """Who types this; in a container the user may have a number and no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _store(options: argparse.Namespace) -> Store:
    if options.models is None:
        return configured()
    here = options.models if "://" in options.models else Path(options.models).absolute()
    return store_at(here)
