"""Commands that are killed (-9) at any moment, and tried once more."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Iterator

from script.fault_suite.life_world import World, opened
from script.fault_suite.trial import Kind, Outcome, Trial

COMMANDS = ("load", "fit", "promote", "score", "rollback")
SOURCE = "SELECT * FROM raw.shoppers ORDER BY shopper"


def arguments(world: World, command: str) -> list[str]:
    """The command line of it."""
    return {
        "load": ["load", "shop"],
        "fit": ["fit", str(world.csv), "--key", "shopper", "--max-components", "2"],
        "promote": ["promote", "shop", world.versions[1], "--anyway"],
        "score": ["score", "shop"],
        "rollback": ["rollback", "shop"],
    }[command]


def state(command: str) -> str:
    """The one to begin with."""
    return "one" if command == "promote" else "two"


def run(count: int, seed: int) -> Iterator[Trial]:
    """Kill that many commands, each kind in turn, at moments that the seed chooses."""
    chance = random.Random(seed)  # noqa: S311
    with opened(seed) as world:
        whole = {command: _whole(world, command) for command in COMMANDS}
        for number in range(count):
            command = COMMANDS[number % len(COMMANDS)]
            seconds, result = whole[command]
            after = chance.uniform(0, seconds)
            yield _tried(world, command, after, result, f"{command} after {after:.3f} s")


def _whole(world: World, command: str) -> tuple[float, object]:
    """How long the command takes when nobody kills it, and what it makes."""
    world.restore(state(command))
    begin = time.monotonic()
    done = world.run(arguments(world, command))
    seconds = time.monotonic() - begin
    if done.status:
        raise RuntimeError(f"{command} fails by itself: {done}")
    return seconds, _made(world, command)


def _tried(world: World, command: str, after: float, result: object, label: str) -> Trial:
    world.restore(state(command))
    done = world.killed(arguments(world, command), after)
    if done.fault:
        return Trial(label, Outcome.TRACEBACK, done.fault)
    complete = command == "rollback" and world.champion() == world.shown() == world.versions[0]
    if not complete:  # else it would be another rollback
        again = world.run(arguments(world, command))
        if again.fault:
            return Trial(label, Outcome.TRACEBACK, f"again: {again.fault}")
        if again.status:
            return Trial(label, Outcome.WRONG, f"again: {again.err} ({world.differs()})")
    if command == "promote" and (scored := world.run(arguments(world, "score"))).status:
        return Trial(label, Outcome.WRONG, f"scoring: {scored}")
    if differs := world.differs():
        return Trial(label, Outcome.WRONG, differs)
    if _made(world, command) != result:
        return Trial(label, Outcome.WRONG, "another result than without the kill")
    return Trial(label, Outcome.RIGHT)


def _made(world: World, command: str) -> object:
    """What tells whether a command has done its work."""
    if command == "load":
        return world.table(SOURCE)
    if command == "fit":  # perhaps a version from before the kill as well
        models = (world.data / "files").rglob("model.joblib")
        return {hashlib.sha256(each.read_bytes()).hexdigest() for each in models}
    return world.champion()


KIND = Kind(
    name="kills",
    title="Commands that are killed (-9) and tried once more",
    full=60 * len(COMMANDS),
    quick=len(COMMANDS),
    run=run,
)
