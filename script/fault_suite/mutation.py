"""JSON that somebody or something has changed."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

DEEP, LONG = "\ue000deep", "\ue000long"  # stand for what json.dumps cannot write
ODD: tuple[Any, ...] = (
    None, True, False, "", "x", "NaN", "1", "\x00", "\x07", "\ud800", "\udfff\ud800", "\ufffe",
    "<script>alert(1)</script>", "{{ 7 * 7 }}", "%s", "x" * 200_000, "\u202e", "9" * 400,
    0, -1, 1, 2, 7, 51, 10**9, 10**15, 10**18, 10**30, 10**400, -(10**30), LONG,
    0.5, -0.0, 1e-308, 5e-324, 1e9, -1e9, 1e154, 1e200, 1e308, -1e308,
    float("nan"), float("inf"), float("-inf"),
    [], {}, [[]], [None], [[0.0]], {"": ""}, [1, [2]], DEEP, [DEEP], {"schema_version": DEEP},
)  # fmt: skip
Place = tuple[Any, Any]  # a list or an object, and an index or a key of it


def mutated(content: dict[str, Any], rng: random.Random) -> tuple[str, str]:
    """The content as JSON with one to three changes, or no JSON any more; and what was done."""
    changed: Any = copy.deepcopy(content)
    done = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        places = list(_places(changed))
        if places:
            done.append(_change(*rng.choice(places), rng))
    text = json.dumps(changed)
    text = text.replace(json.dumps(DEEP), "[" * 50_000 + "]" * 50_000)
    text = text.replace(json.dumps(LONG), "9" * 5_000)
    whole = rng.random()
    if whole < 0.03:
        return text[: rng.randrange(len(text))], "cut off"
    if whole < 0.06:
        return json.dumps(text), "; ".join([*done, "as a text"])
    if whole < 0.08:
        return json.dumps(rng.choice(ODD[:-4])), "something else"
    return text, "; ".join(done)


def _places(part: Any) -> list[Place]:
    """Everything in it, seldom that which there is much of."""
    keys: list[Any] = []
    if isinstance(part, dict):
        keys = list(part)
    elif isinstance(part, list):
        keys = [*range(min(len(part), 2)), *([len(part) - 1] if len(part) > 2 else [])]
    return [place for key in keys for place in ((part, key), *_places(part[key]))]


def _change(part: Any, key: Any, rng: random.Random) -> str:
    value = part[key]
    how = rng.choice(("odd", "odd", "odd", "gone", "twice", "other", "turned", "scaled", "grown"))
    if how == "gone":
        del part[key]
    elif how == "twice" and isinstance(part, list):
        part.insert(key, copy.deepcopy(value))
    elif how == "twice":
        part["more"] = copy.deepcopy(value)
    elif how == "other":
        other = rng.choice(list(part) if isinstance(part, dict) else range(len(part)))
        part[key], part[other] = part[other], value
    elif how == "turned" and isinstance(value, list) and value:
        flat = not all(isinstance(each, list) for each in value)
        part[key] = value[::-1] if flat else [list(each) for each in zip(*value, strict=False)]
    elif how == "scaled" and isinstance(value, (int, float)):
        part[key] = value * rng.choice((-1, 0, 0.5, 2, 1e3, 1e6, 1e12, -1e150))
    elif how == "grown" and isinstance(value, (list, str)):
        part[key] = value * rng.choice((2, 3, 60))
    else:
        part[key] = rng.choice(ODD)
    return f"{key} {how}"
