"""Changes of a segmentation file: some leave it sound, most do not."""

from __future__ import annotations

import random
import re

import yaml

from include.gmm.settings import SEGMENTATIONS

SHIPPED = (SEGMENTATIONS / "customers.yaml").read_text(encoding="utf-8")
SHORTEST = 1000
KEYS = sorted({line.split(":")[0].strip(" #-{") for line in SHIPPED.splitlines() if ":" in line})

# What may stand behind a key, as it is written.
VALUES = (
    *("", "~", "null", "yes", "NO", "true", "on", "0", "-1", "5", "007", "0x1F", "1_000", "1:30"),
    *(
        "1e3",
        "1e999",
        ".inf",
        ".nan",
        "-0.0",
        "0.5",
        "1.50",
        "2024-01-02",
        "2024-13-45",
        "9" * 5000,
    ),
    *("9999999999", "1" + "0" * 400 + ".5", "@daily", '"@fortnightly"', '"every day"', '"@once"'),
    *(
        '"0 0 31 2 *"',
        '"*/5 * * * *"',
        '"0 6 * * mon-fri"',
        '"H * * * *"',
        '"99 * * * *"',
        "{}",
        "[]",
    ),
    *("[a, b]", "[1, [2, [3]]]", "{ a: 1 }", "{ a: 1, a: 2 }", "{ min: 5, max: 2 }", "{ min: 3 }"),
    *("!!int abc", "!!str 5", "!!python/object/apply:os.getcwd []", "!!binary aGk=", "!mine x"),
    *("!!set { a }", "!!timestamp 2024-01-02", "&a x", "*a", "&a [*a]", "[" * 3000, "{a: " * 40),
    *(
        "|\n    several\n    lines",
        ">-\n    one\n    line",
        '"\\x07"',
        '"\\uD800"',
        '"\\0"',
        "'it''s'",
    ),
    *(
        "\x07",
        "\x85",
        "\ufeffx",
        "\ufffe",
        "été",
        "日本",
        "🙂",
        '"unclosed',
        "a: b",
        "- a",
        "# only",
        "%",
    ),
    *(
        "x" * 300,
        "customer_features",
        "stg_purchases",
        "no_such_model",
        "a.b.C",
        "include/data/x.csv",
    ),
)


def changed(rng: random.Random) -> tuple[str, bytes, bool]:
    """How the file was changed, what it is then, and whether it must still be read."""
    if rng.random() < 0.15:
        how, content = rng.choice(list(_harmless(rng).items()))
        return how, content, True
    text, told = SHIPPED, []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if len(text) < SHORTEST:  # cut off: what is left has no values to change
            break
        change = rng.choice(_CHANGES)
        text, how = change(text, rng)
        told.append(how)
    broken = rng.random()
    if broken < 0.03:
        return f"{'; '.join(told)}; in Latin-1", text.encode("latin-1", "replace"), False
    if broken < 0.06:
        raw = bytearray(text.encode("utf-8", "surrogatepass"))
        raw[rng.randrange(len(raw))] = rng.randrange(256)
        return f"{'; '.join(told)}; one byte", bytes(raw), False
    return "; ".join(told), text.encode("utf-8", "surrogatepass"), False


def _harmless(rng: random.Random) -> dict[str, bytes]:
    text = SHIPPED.replace("customer_scores", "other_segments")
    content = yaml.safe_load(text)
    shuffled = {key: content[key] for key in rng.sample(sorted(content), len(content))}
    return {
        "another view": text.encode(),
        "with a mark": text.encode("utf-8-sig"),
        "in UTF-16": text.encode("utf-16"),
        "with CRLF": text.replace("\n", "\r\n").encode(),
        "in blocks": yaml.safe_dump(shuffled).encode(),
        "in braces": yaml.safe_dump(shuffled, default_flow_style=True).encode(),
        "in short lines": yaml.safe_dump(shuffled, width=20).encode(),
        "one document": f"---\n{text}...\n".encode(),
        "exactly five": text.replace("{ min: 1, max: 10 }", "5").encode(),
        "a name like NO": text.replace(
            "columns: { customer_id", "columns: { NO: DOUBLE, customer_id"
        ).encode(),
        "without braces": text.replace(" { label: CDs per order, unit: CDs }", "").encode(),
        "an anchor": text.replace("profile:", "profile: &p").encode(),
    }


def _value(text: str, rng: random.Random) -> tuple[str, str]:
    lines = text.splitlines()
    places = [
        n for n, line in enumerate(lines) if ":" in line and not line.lstrip().startswith("#")
    ]
    place, value = rng.choice(places), rng.choice(VALUES)
    lines[place] = f"{lines[place].partition(':')[0]}: {value}"
    return "\n".join(lines) + "\n", f"line {place + 1} = {value[:20]!r}"


def _inner_value(text: str, rng: random.Random) -> tuple[str, str]:
    """One of those within braces."""
    places = list(re.finditer(r"(?<=: )[A-Za-z0-9.@\"][^,{}\n#]*(?= [},]|,)", text))
    place, value = rng.choice(places), rng.choice(VALUES)
    return text[: place.start()] + value + text[place.end() :], f"{place[0]!r} = {value[:20]!r}"


def _line_twice(text: str, rng: random.Random) -> tuple[str, str]:
    lines = text.splitlines(keepends=True)
    place = rng.randrange(len(lines))
    lines.insert(rng.choice((place, rng.randrange(len(lines)))), lines[place])
    return "".join(lines), f"line {place + 1} twice"


def _line_gone(text: str, rng: random.Random) -> tuple[str, str]:
    lines = text.splitlines(keepends=True)
    place = rng.randrange(len(lines))
    del lines[place]
    return "".join(lines), f"without line {place + 1}"


def _cut(text: str, rng: random.Random) -> tuple[str, str]:
    place = rng.randrange(len(text))
    return text[:place], f"cut at {place}"


def _key(text: str, rng: random.Random) -> tuple[str, str]:
    old = rng.choice([key for key in KEYS if f"{key}:" in text] or ["title"])
    new = rng.choice(
        (*KEYS, "NO", "2019", "~", old.upper(), f'"{old}"', "? x", "<<", "a\x07", "été", "")
    )
    return text.replace(f"{old}:", f"{new}:", 1), f"{old} is {new!r}"


def _character(text: str, rng: random.Random) -> tuple[str, str]:
    place = rng.randrange(len(text))
    new = rng.choice("\x00\x07\x1b\x7f\x85\u2028\ufeff\ufffe\ud800\t\r:{}[]&*!|>'\"%@`#-?,\n 0")
    return text[:place] + new + text[place + 1 :], f"{new!r} at {place}"


def _indented(text: str, rng: random.Random) -> tuple[str, str]:
    lines = text.splitlines(keepends=True)
    place = rng.randrange(len(lines))
    lines[place] = rng.choice((" ", "  ", "\t", "- ")) + lines[place]
    return "".join(lines), f"line {place + 1} moved"


def _added(text: str, rng: random.Random) -> tuple[str, str]:
    line = f"{rng.choice(KEYS)}: {rng.choice(VALUES)}\n"
    return (
        (line + text, f"{line[:30]!r} before")
        if rng.random() < 0.5
        else (text + line, f"{line[:30]!r} after")
    )


_CHANGES = (
    *(_value, _value, _value, _inner_value, _inner_value, _inner_value, _line_twice, _line_gone),
    *(_cut, _key, _key, _character, _character, _indented, _added),
)
