"""Who becomes the champion: the newest version that passed, whenever the others finish."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from include.gmm.errors import InputError
from include.gmm.model import Model
from include.gmm.promotion_record import Outcome, Promoted, Succession
from include.gmm.settings import Segmentation
from include.gmm.snapshot.rows import Rows
from include.gmm.store import MissingError, Store
from include.gmm.summary import Choice
from include.gmm.versions import artifacts, champion, pruning, saved_summary
from include.gmm.versions.card import add_card
from include.gmm.versions.champion import SupersededError, serial_of
from include.gmm.versions.records import Champion, Manifest, Reference
from include.gmm.versions.seal import sealed, unsealed
from include.gmm.versions.succession import Challenger, compare

OUTCOME = "promotion.json"


def promote(
    store: Store,
    reference: Reference,
    succession: Succession,
    settings: Segmentation,
    rows: Callable[[], AbstractContextManager[Rows]],
    *,
    actor: str,
    approved: bool = False,
) -> Promoted:
    """Make a version the champion if the rules allow it, and keep what became of it beside it.

    `succession` is its comparison with the champion of then. If another is champion now, the two
    are compared anew on `rows()`, unless a person approved: that was of the old comparison.
    A version that stands for older data than a champion, past or present, never replaces one, so
    that neither a late retry nor a backfill takes a newer one away. `actor` is whose doing it is:
    a run, or a person.
    """
    manifest = artifacts.load_manifest(store, reference)
    while True:
        champions = champion.history(store, settings.name)
        present = champions[-1] if champions else None
        decided = _too_late(manifest, champions, approved)
        if not decided and succession.serial != serial_of(present):
            if approved:
                decided = (
                    "superseded",
                    ("The champion changed after the comparison that was approved. Compare again."),
                )
            else:
                with rows() as today:
                    succession = compare_anew(
                        store, reference, settings, today, succession, present
                    )
        decided = decided or _verdict(settings, succession, approved)
        if decided[0] == "promoted" and (not present or present.reference != reference):
            try:
                present = champion.appoint(
                    store,
                    present,
                    reference,
                    manifest,
                    succession.segment_ids,
                    "person" if approved else "gates",
                    actor,
                )
            except SupersededError:
                continue
        break
    promoted = Promoted(
        segmentation=settings.name,
        version=manifest.version,
        outcome=decided[0],
        sentence=decided[1],
        champion=present.reference.version if present else None,
        serial=serial_of(present),
        succession=succession,
    )
    _keep(store, reference, manifest, promoted)
    pruning.prune(store, settings.name, settings.promotion.keep_versions, manifest.version)
    return promoted


def roll_back(store: Store, segmentation: str, actor: str, serial: int | None = None) -> Promoted:
    """As `champion.roll_back`; returns what is to be told of it."""
    there = champion.read(store, segmentation)
    done = there and there.cause == "rollback" and there.serial - 1 == serial
    if not done:  # what is damaged is told before anything is changed
        saved_summary.read(store, champion.before(store, segmentation)[1].reference)
    former = champion.roll_back(store, segmentation, actor, serial)
    taken_back = champion.history(store, segmentation)[former.serial - 2]
    return Promoted(
        segmentation=segmentation,
        version=former.reference.version,
        outcome="promoted",
        sentence=f"It is the champion again: {taken_back.reference.version} was rolled back.",
        champion=former.reference.version,
        serial=former.serial,
        succession=saved_summary.read(store, former.reference).succession,
    )


def _too_late(
    manifest: Manifest, champions: list[Champion], approved: bool
) -> tuple[Outcome, str] | None:
    """What is decided already, because this version or a newer one was made the champion.

    A person may choose an older version, knowing the champion that it replaces.
    """
    if not champions:
        return None
    present = champions[-1].reference.version
    if present == manifest.version:
        return "promoted", "This version is the champion."
    if approved:
        return None
    if manifest.version in {each.reference.version for each in champions}:
        return "superseded", f"This version was the champion; {present} has replaced it since."
    # A moment still to come was told by a wrong clock, and would keep everybody out for good.
    now = datetime.now(UTC).isoformat()
    credible = [each for each in champions if each.as_of <= now]
    newest = max(credible, key=lambda each: each.age, default=None)
    if newest and newest.age > (manifest.as_of, manifest.version):
        return "superseded", (
            f"{newest.reference.version}, which stands for newer data, became the champion before "
            f"this version was ready; {present} is the champion."
        )
    return None


def _verdict(settings: Segmentation, succession: Succession, approved: bool) -> tuple[Outcome, str]:
    mode = settings.promotion.mode
    if mode == "disabled" and not approved:
        return "disabled", "Promotion is disabled in the segmentation file."
    failed = [f"{gate.title}: {gate.sentence}" for gate in succession.gates if not gate.passed]
    if failed and not approved:
        told = " ".join(failed)
        if mode == "dry_run":
            return "would_keep", f"A dry run: the champion would stay. {told}"
        return "kept", f"The champion stays. {told}" if succession.champion else told
    if mode == "dry_run" and not approved:
        return "would_promote", "A dry run: it passed every gate and would become the champion."
    grounds = "a person approved it" if approved else "it passed every gate"
    return "promoted", f"It became the champion: {grounds}."


def compare_anew(
    store: Store,
    reference: Reference,
    settings: Segmentation,
    rows: Rows,
    earlier: Succession,
    present: Champion | None,
) -> Succession:
    """A version beside a champion on the rows of a snapshot; its stability is as it was.

    Raises InputError when one of the two cannot be loaded, or applied to the rows.
    """
    manifest, pipeline = artifacts.load(store, reference)
    model = Model(pipeline, len(rows))
    if missing := [name for name in model.names if name not in rows.features]:
        raise InputError(
            f"{settings.features.model}: no feature {', '.join(missing)}, which version "
            f"{manifest.version} reads"
        )
    model.transform.refuse(*rows.extent(model.names), settings.features.model)
    stability = next(gate.value for gate in earlier.gates if gate.name == "stability")
    challenger = Challenger(
        settings=settings,
        rows=rows,
        model=model,
        choice=artifacts.load_record(store, reference, manifest, "choice.json", Choice),
        stability=stability or 0.0,
    )
    return compare(challenger, present, store)


def _keep(store: Store, reference: Reference, manifest: Manifest, promoted: Promoted) -> None:
    """The outcome, and the ids under which it was decided, beside the version."""
    store.replace(artifacts.file_of(reference, OUTCOME), sealed(promoted))
    summary = saved_summary.read(store, reference)
    if summary.succession != promoted.succession:
        summary = summary.following(promoted.succession)
        saved_summary.keep(store, reference, summary)
    add_card(store, reference, summary, manifest, promoted)


def outcome(store: Store, reference: Reference) -> Promoted | None:
    """What became of a version, None if nobody has decided. Raises InputError if it is damaged."""
    name = artifacts.file_of(reference, OUTCOME)
    try:
        content = store.read(name)
    except MissingError:
        return None
    return unsealed(content, Promoted, store.address(name))
