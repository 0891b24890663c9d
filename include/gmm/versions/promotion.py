"""Who becomes the champion: the newest version that passed, whenever the others finish."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from include.gmm.features import check_table
from include.gmm.settings import Segmentation
from include.gmm.summary import Choice, Outcome, Promoted, Succession
from include.gmm.versions import artifacts, champion, pruning, saved_summary
from include.gmm.versions.artifacts import Manifest, Reference
from include.gmm.versions.card import add_card
from include.gmm.versions.champion import Champion, SupersededError, serial_of
from include.gmm.versions.succession import Challenger, compare, log_densities

Rows = Callable[[], pd.DataFrame]


def promote(
    models: Path,
    reference: Reference,
    succession: Succession,
    settings: Segmentation,
    rows: Rows,
    *,
    approved: bool = False,
) -> Promoted:
    """Make a version the champion if the rules allow it, and keep what became of it beside it.

    `succession` is its comparison with the champion of then. If another is champion now, the two
    are compared anew on `rows()`, unless a person approved: that was of the old comparison.
    A version that stands for older data than a champion, past or present, never replaces one, so
    that neither a late retry nor a backfill takes a newer one away.
    """
    manifest = artifacts.load_manifest(models, reference)
    while True:
        champions = champion.history(models, settings.name)
        present = champions[-1] if champions else None
        decided = _too_late(manifest, champions, approved)
        if not decided and succession.serial != serial_of(present):
            if approved:
                decided = (
                    "superseded",
                    ("The champion changed after the comparison that was approved. Compare again."),
                )
            else:
                succession = compare_anew(models, reference, settings, rows(), succession, present)
        decided = decided or _verdict(settings, succession, approved)
        if decided[0] == "promoted" and (not present or present.reference != reference):
            try:
                present = champion.appoint(
                    models,
                    present,
                    reference,
                    manifest,
                    succession.segment_ids,
                    "person" if approved else "gates",
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
    _keep(models, reference, manifest, promoted)
    pruning.prune(models, settings.name, settings.promotion.keep_versions)
    return promoted


def roll_back(models: Path, segmentation: str, serial: int | None = None) -> Promoted:
    """As `champion.roll_back`; returns what is to be told of it."""
    former = champion.roll_back(models, segmentation, serial)
    taken_back = champion.history(models, segmentation)[former.serial - 2]
    return Promoted(
        segmentation=segmentation,
        version=former.reference.version,
        outcome="promoted",
        sentence=f"It is the champion again: {taken_back.reference.version} was rolled back.",
        champion=former.reference.version,
        serial=former.serial,
        succession=saved_summary.read(artifacts.folder_of(models, former.reference)).succession,
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
    newest = max(champions, key=lambda each: each.age)
    if newest.age > (manifest.as_of, manifest.version):
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
    models: Path,
    reference: Reference,
    settings: Segmentation,
    frame: pd.DataFrame,
    earlier: Succession,
    present: Champion | None,
) -> Succession:
    """A version beside a champion on the rows of today; its stability is as it was.

    Raises InputError when one of the two cannot be loaded, or the rows cannot be used.
    """
    manifest, model = artifacts.load(models, reference)
    # What the version reads, by the word of today on what is missing.
    features = manifest.settings.features.model_copy(update={"missing": settings.features.missing})
    table = check_table(frame, features, settings.features.model)
    stability = next(gate.value for gate in earlier.gates if gate.name == "stability")
    challenger = Challenger(
        settings=settings,
        table=table,
        probabilities=model.predict_proba(table.values),
        log_densities=log_densities(model, manifest.data.features, table),
        choice=artifacts.load_record(models, reference, manifest, "choice.json", Choice),
        stability=stability or 0.0,
    )
    return compare(challenger, present, models)


def _keep(models: Path, reference: Reference, manifest: Manifest, promoted: Promoted) -> None:
    """The outcome, and the ids under which it was decided, in the folder of the version."""
    folder = artifacts.folder_of(models, reference)
    artifacts.add(folder / "promotion.json", artifacts.as_json(promoted))
    summary = saved_summary.read(folder)
    if summary.succession != promoted.succession:
        summary = summary.following(promoted.succession)
        artifacts.add(folder / "summary.json", artifacts.as_json(summary))
    add_card(folder, summary, manifest, promoted)
