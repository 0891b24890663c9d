"""Ten segmentations, of which nine are broken in nine ways."""

from __future__ import annotations

from pathlib import Path

GOOD = "shops"

SEGMENTATION = """
title: {name}
source:
  file: include/data/visits.csv
  table: raw.visits
  columns: {{ shop: BIGINT, visits: BIGINT, spend: DOUBLE }}
features:
  model: {model}
  key: shop
  columns: {{ visits:, spend: {{ unit: euros }} }}
mixture: {{ n_components: {{ max: 3 }}, covariance_types: [diag], seed: 1 }}
"""
MODEL = "select shop, visits, spend from {{ source('raw_visits', 'visits') }}\n"
SOURCES = """
version: 2
sources: [{ name: raw_visits, schema: raw, tables: [{ name: visits }] }]
"""

# By name: a line more, or the text to replace the file by; files of the dbt project; and what the
# import error says after the name of the segmentation's file.
BROKEN: dict[str, tuple[str, dict[str, str], str]] = {
    "twice": ("title: again", {}, "the key title is there already, in line 2"),
    "tagged": ("description: !!int abc", {}, "the tag !!int means nothing here"),
    "nested": ("description: " + "[" * 3000, {}, "nested more than 32 levels deep"),
    "often": ('schedule: "@fortnightly"', {}, "schedule: '@fortnightly' is no schedule"),
    "patient": (
        "monitoring: { retrain_after_days: 9999999999 }",
        {},
        "monitoring.retrain_after_days: Input should be less than or equal to 36500",
    ),
    "missing": ("", {}, "features.model: there is no dbt model 'missing_features'; there are "),
    "reported": (
        "scoring: { models: [no_such_report] }",
        {"reported_features.sql": MODEL},
        "scoring.models: there is no dbt model 'no_such_report'; there are ",
    ),
    "half": (
        "",
        {"half_features.sql": "select 1\nfrom {{ source('raw_visits', 'vis"},
        "features.model: include/dbt/models/half_features.sql: line 2: ",
    ),
    "described": (
        "",
        {
            "described_features.sql": MODEL,
            "described.yml": "models:\n  - name: described_features\n    columns: [\n",
        },
        "features.model: include/dbt/models/described.yml: line 4",
    ),
}


def put_into(project: Path) -> list[Path]:
    """Add all ten to a copy of the project; returns the files that were made."""
    models, segmentations = project / "include" / "dbt" / "models", project / "include"
    rows = (f"{n},{3 + n % 4 + 40 * (n % 2)},{10 + n % 7 + 500 * (n % 2)}.5" for n in range(300))
    made = {
        project / "include" / "data" / "visits.csv": "\n".join(["shop,visits,spend", *rows, ""]),
        models / "visits.yml": SOURCES,
        models / f"{GOOD}_features.sql": MODEL,
        segmentations / "segmentations" / f"{GOOD}.yaml": _text(GOOD),
        # Needed by nobody, and a fault of nobody's DAG.
        models / "unused.sql": "select * from {{ ref('nothing') }} {% endif %}",
    }
    for name, (line, files, _) in BROKEN.items():
        made[segmentations / "segmentations" / f"{name}.yaml"] = f"{_text(name)}{line}\n"
        made |= {models / file: text for file, text in files.items()}
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    return list(made)


def _text(name: str) -> str:
    return SEGMENTATION.format(name=name, model=f"{name}_features")
