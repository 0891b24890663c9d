"""Objects of the store that were damaged or exchanged, under each command that reads them.

A command refuses what was changed, by name, or gives the result that it gives without the change.
With the object restored, the same command does its work. No code that is in a file runs.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import random
import zlib
from collections.abc import Iterator
from pathlib import Path

from script.fault_suite.kills import arguments
from script.fault_suite.life_world import World, opened
from script.fault_suite.trial import Kind, Outcome, Trial

CHANGES = ("flip", "cut", "swap", "replace", "empty", "other", "foreign", "sealed")
COMMANDS = ("score", "rollback", "promote", "show", "compare", "versions")


class Canary:
    """What a pickle holds that runs code as soon as it is loaded: it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


def run(count: int, seed: int) -> Iterator[Trial]:
    """Change the objects in turn, in ways and under commands that the seed chooses."""
    chance = random.Random(seed)  # noqa: S311
    with opened(seed) as world:
        results = {}
        for command in COMMANDS:
            world.restore(_state(command))
            done = world.run(_arguments(world, command))
            if done.status:
                raise RuntimeError(f"{command} fails by itself: {done}")
            results[command] = _result(world, command, done.out)
        world.restore("two")
        names = sorted(p.relative_to(world.models) for p in world.models.rglob("*") if p.is_file())
        for number in range(count):
            command = chance.choice(COMMANDS)
            name = names[number % len(names)]
            yield _tried(world, command, name, chance, results[command])


def _state(command: str) -> str:
    return "one" if command in ("promote", "compare") else "two"


def _arguments(world: World, command: str) -> list[str]:
    if command in ("show", "compare"):
        return [command, "shop", world.versions[1]]
    return ["versions", "shop"] if command == "versions" else arguments(world, command)


def _result(world: World, command: str, printed: str) -> object:
    """What tells that a command did what it should; no moment of its own is in it."""
    return printed if command in ("show", "compare") else (world.champion(), world.shown())


def _tried(world: World, command: str, name: Path, chance: random.Random, result: object) -> Trial:
    world.restore(_state(command))
    path = world.models / name
    if not path.exists():  # in the state before the second champion
        path = chance.choice(sorted(p for p in world.models.rglob("*") if p.is_file()))
    canary = world.folder / "canary"
    before = {each: each.read_bytes() for each in world.models.rglob("*") if each.is_file()}
    how = chance.choice(CHANGES)
    _change(path, how, chance, before, canary)
    label = f"{command} with {path.relative_to(world.models)} {how}"
    done = world.run(_arguments(world, command))
    if canary.exists():
        canary.unlink()
        return Trial(label, Outcome.LET_IN, "code in a pickle has run")
    if done.fault:
        return Trial(label, Outcome.TRACEBACK, done.fault)
    said = command == "compare" and "cannot be loaded" in done.out  # of the champion beside it
    if done.status == 0 and not said:
        if (found := _found(world, command, done.out)) != result:
            return Trial(label, Outcome.WRONG, f"the result is {str(found)[:500]}")
        return Trial(label, Outcome.RIGHT)
    if not said and (len(done.err.splitlines()) != 1 or not done.err.startswith("error: ")):
        return Trial(label, Outcome.WRONG, f"not one line: {done.err}")
    for each, content in before.items():
        each.parent.mkdir(parents=True, exist_ok=True)
        each.write_bytes(content)
    again = world.run(_arguments(world, command))
    if again.fault:
        return Trial(label, Outcome.TRACEBACK, f"restored: {again.fault}")
    if again.status or (found := _found(world, command, again.out)) != result:
        return Trial(label, Outcome.WRONG, f"restored: {again.err or str(found)[:500]}")
    return Trial(label, Outcome.REFUSED, done.err or done.out)


def _found(world: World, command: str, printed: str) -> object:
    try:
        return _result(world, command, printed)
    except ValueError as refused:  # the champion cannot be read, and so was not, by the command
        return (str(refused), world.shown()) if command != "versions" else printed


def _change(
    path: Path, how: str, chance: random.Random, before: dict[Path, bytes], canary: Path
) -> None:
    content = bytearray(before[path])
    place = chance.randrange(len(content))
    end = min(len(content), place + chance.choice((1, 8, 100)))
    if how == "flip":
        content[place] ^= 1 << chance.randrange(8)
    elif how == "cut":
        del content[place:]
    elif how == "swap":
        content = content[place:] + content[:place]
    elif how == "replace":
        content[place:end] = chance.randbytes(end - place)
    elif how == "empty":
        content.clear()
    elif how == "other":
        content = bytearray(chance.choice(sorted(before.values())))
    elif how == "foreign":
        content = bytearray(zlib.compress(pickle.dumps(Canary(canary))))
    path.write_bytes(content)
    if how == "sealed":
        _seal(path, canary)


def _seal(path: Path, canary: Path) -> None:
    """What somebody who knows the format does: foreign code, with all digests made to fit."""
    manifest = path.parent / "manifest.json"
    if not manifest.exists():
        return
    foreign = zlib.compress(pickle.dumps(Canary(canary)))
    (path.parent / "model.joblib").write_bytes(foreign)
    record = json.loads(manifest.read_bytes())
    del record["seal"]
    record["files"]["model.joblib"] = hashlib.sha256(foreign).hexdigest()
    plain = json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False)
    record["seal"] = {"sha256": hashlib.sha256(plain.encode()).hexdigest()}
    manifest.write_text(json.dumps(record))


KIND = Kind(
    name="stored",
    title="Objects of the store that were damaged or exchanged",
    full=600,
    quick=12,
    run=run,
)
