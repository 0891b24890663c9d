"""Two commands at the same time: each does its work, or says what was in the way."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations_with_replacement

from script.fault_suite.kills import COMMANDS, arguments
from script.fault_suite.life_world import World, opened
from script.fault_suite.trial import Kind, Outcome, Trial


def run(count: int, seed: int) -> Iterator[Trial]:
    """That many pairs, every kind of them before any again, in an order that the seed chooses."""
    chance = random.Random(seed)  # noqa: S311
    pairs = list(combinations_with_replacement(COMMANDS, 2))
    chance.shuffle(pairs)
    with opened(seed) as world:
        for number in range(count):
            yield _tried(world, *pairs[number % len(pairs)], chance.choice(("one", "two")))


def _tried(world: World, one: str, other: str, state: str) -> Trial:
    label = f"{one} and {other} in state {state}"
    world.restore(state)
    begun = [world.start(arguments(world, command)) for command in (one, other)]
    ended = [world.wait(*each) for each in begun]
    ended.append(world.run(arguments(world, "score")))  # what follows a new champion
    for done in ended:
        if done.fault:
            return Trial(label, Outcome.TRACEBACK, done.fault)
        if done.status == 2 and len(done.err.splitlines()) != 1:
            return Trial(label, Outcome.WRONG, f"not one line: {done.err}")
    if ended[-1].status:
        return Trial(label, Outcome.WRONG, f"scoring: {ended[-1].err}")
    if differs := world.differs():
        return Trial(label, Outcome.WRONG, differs)
    refused = [done.err for done in ended if done.status]
    return Trial(label, Outcome.REFUSED if refused else Outcome.RIGHT, "; ".join(refused))


KIND = Kind(
    name="pairs",
    title="Pairs of commands at the same time",
    full=20,
    quick=1,
    run=run,
)
