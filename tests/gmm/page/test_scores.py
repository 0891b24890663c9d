"""The page of a DAG that scores."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape

from include.gmm.page import scores
from include.gmm.page.past import Run
from include.gmm.page.reason import NoSummary
from include.gmm.page.scores import Published, Scoring
from tests.gmm.page.examples import HOSTILE
from tests.gmm.page.parsed import Parsed


def test_names_from_outside_are_text_and_no_address() -> None:
    run = Run(run_id=HOSTILE, date=datetime(2026, 11, 23, tzinfo=UTC), state=HOSTILE)
    published = Published(table=HOSTILE, rows=3, version=HOSTILE)
    reason = NoSummary(HOSTILE, HOSTILE, (HOSTILE,))
    for page in (
        scores.newest(Scoring(HOSTILE, HOSTILE, published, run)),
        scores.run(Scoring(HOSTILE, HOSTILE, reason)),
    ):
        assert "<script>alert" not in page
        assert escape("<script>alert(1)</script>") in page
        assert not [each for each in Parsed(page).addresses() if re.search(r"[<>'\"&{}]", each)]
