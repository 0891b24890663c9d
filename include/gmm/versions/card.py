"""The model card of a version (after Mitchell et al. 2019, Model Cards for Model Reporting)."""

from __future__ import annotations

import html
import re
import string
from collections.abc import Iterable

from markdown_it import MarkdownIt

from include.gmm.promotion_record import Promoted, Succession
from include.gmm.store import Store
from include.gmm.summary import Summary
from include.gmm.versions.artifacts import file_of
from include.gmm.versions.records import Manifest, Reference

LIMITS = """\
- Segments describe the rows that were there. They are no cause of anything, and no forecast.
- A segment is a region of high density, not a type of person: rows between two segments belong to
  both, and their probabilities say how much.
- Real data are never exactly a mixture of Gaussians. The number of segments is the smallest that
  describes the rows nearly as well as more would, by the rule above; other rules choose others.
- Log-likelihood per row compares versions on the same rows and features only.
- Rows unlike those it was fitted to are given a segment all the same: watch the drift."""


def model_card(summary: Summary, manifest: Manifest, promoted: Promoted | None = None) -> str:
    """The card in Markdown: data, features, choice, evaluation, gates and limits."""
    data, evaluation = manifest.data, summary.evaluation
    parts = [
        f"# {_text(summary.title)}",
        f"Version `{summary.version}` of segmentation `{summary.segmentation}`, made on "
        f"{summary.created_at} of data as of {manifest.as_of}.",
        *([f"**{promoted.sentence}**"] if promoted else []),
        "## Intended use",
        _text(manifest.settings.description.strip() or summary.title)
        + f"\n\nGives every {_code(summary.key)} a probability of belonging to each segment.",
        "## Data",
        _table(
            ("", ""),
            [
                ("Source", f"`{manifest.settings.source.table}`"),
                ("Feature table", f"`{manifest.settings.features.model}`"),
                ("Rows", f"{data.rows:,}, of which {data.rows_fitted:,} were fitted"),
                *([("Rows left out", f"{data.rows_left_out:,}")] if data.rows_left_out else []),
                ("SHA-256 of keys and features", f"`{data.digest}`"),
            ],
        ),
        "## Features",
        _table(
            ("column", "meaning", "read as", "resolution", "mean", "standard deviation"),
            [
                (
                    _code(each.name),
                    _text(each.heading),
                    each.transform if each.in_mixture else "describes only",
                    f"{each.resolution:g}",
                    _number(each.mean),
                    _number(each.standard_deviation),
                )
                for each in summary.features
            ],
        ),
        "## Choice",
        f"{summary.n_components} components, `{summary.covariance_type}` covariances, seed "
        f"{summary.seed}, out of {len(summary.candidates)} candidates. {summary.rule} "
        f"{summary.lead}",
        "## Segments",
        _table(
            ("id", "name", "share of rows", "mean membership probability"),
            [
                (
                    str(each.number),
                    _text(each.name) or "-",
                    f"{100 * each.share:.1f} %",
                    _number(each.mean_probability),
                )
                for each in summary.segments
            ],
        ),
        "## Evaluation",
        _table(
            ("", ""),
            [
                (
                    "Log-likelihood per row, fitted",
                    f"{evaluation.log_likelihood_per_row_fitted:.4f}",
                ),
                (
                    "Log-likelihood per row, held out",
                    f"{evaluation.log_likelihood_per_row_held_out:.4f}",
                ),
                (
                    "Mean largest membership probability",
                    f"{evaluation.mean_largest_probability:.4f}",
                ),
                ("Rows below 60 %", f"{100 * evaluation.share_below_60_percent:.1f} %"),
            ],
        ),
        "## Gates",
        succession_in_words(promoted.succession if promoted else summary.succession),
        "## Limits",
        "\n".join([LIMITS, *(f"- {_text(warning)}" for warning in summary.cautions)]),
        "## How it was made",
        _table(
            ("", ""),
            [
                *((name, version) for name, version in manifest.libraries.items()),
                *((f"SHA-256 of `{name}`", f"`{sha}`") for name, sha in manifest.files.items()),
            ],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def add_card(
    store: Store,
    reference: Reference,
    summary: Summary,
    manifest: Manifest,
    promoted: Promoted | None = None,
) -> None:
    """Put the card beside a version, as card.md and card.html."""
    card = model_card(summary, manifest, promoted)
    page = as_html(f"{summary.title}: model card", card)
    for name, text in {"card.md": card, "card.html": page}.items():
        store.replace(file_of(reference, name), text.encode())


def succession_in_words(succession: Succession) -> str:
    """The gates, and where rows would move from the champion, in Markdown."""
    compared = (
        f"Compared with the champion, `{succession.champion}`, on the same rows."
        if succession.champion
        else "There is no champion yet: this would be the first one."
    )
    parts = [compared, *([_text(succession.note)] if succession.note else [])]
    parts.append(
        _table(
            ("gate", "passed", "figure"),
            [
                (gate.title, "yes" if gate.passed else "**no**", gate.sentence)
                for gate in succession.gates
            ],
        )
    )
    if succession.flow:
        parts.append("Rows by their segment of the champion (down) and of this version (across):")
        parts.append(
            _table(
                ("", *map(str, succession.segment_ids)),
                [
                    (_label(former.number, former.name), *(f"{rows:,}" for rows in counts))
                    for former, counts in zip(succession.former, succession.flow, strict=True)
                ],
            )
        )
    return "\n\n".join(parts)


def as_html(title: str, markdown: str) -> str:
    """A page that needs nothing else. Tags in the text are shown, not obeyed."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n"
        ":root { color-scheme: light dark }\n"
        "body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; "
        "padding: 0 1rem; overflow-wrap: break-word }\n"
        "td code { overflow-wrap: anywhere }\n"
        "table { border-collapse: collapse; margin: 1rem 0 }\n"
        "th, td { border-bottom: 1px solid; padding: 0.25rem 0.75rem; text-align: left }\n"
        f"</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _label(number: int, name: str) -> str:
    return f"{number} {_text(name)}".strip()


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _text(text: str) -> str:
    """Text of the user's, so that nothing in it is taken for Markdown.

    Any punctuation may stand behind a backslash (CommonMark 2.4); digits before a point may not,
    so that the point is what makes no list of them.
    """
    return "".join(f"\\{c}" if c in string.punctuation else c for c in " ".join(text.split()))


def _code(text: str) -> str:
    """A name as code, whatever it is made of."""
    shown = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    return f"{fence} {shown} {fence}" if "`" in shown else f"`{shown}`"


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    headings = list(headings)
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
