"""The pages of DAGs that act on clusters."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape

from include.gmm.page import actions
from include.gmm.page.actions import Action, Published
from include.gmm.page.history import Run
from include.gmm.page.reason import NoSummary
from tests.gmm.page.examples import HOSTILE, example
from tests.gmm.page.parsed import Parsed
from tests.gmm.page.promotions import promoted


def test_names_from_outside_are_text_and_no_address() -> None:
    run = Run(run_id=HOSTILE, date=datetime(2026, 11, 23, tzinfo=UTC), state=HOSTILE)
    published = Published(table=HOSTILE, rows=3, version=HOSTILE)
    told = promoted(example()).model_copy(update={"version": HOSTILE, "sentence": HOSTILE})
    reason = NoSummary(HOSTILE, HOSTILE, (HOSTILE,))
    for page in (
        actions.newest(Action("scores", HOSTILE, HOSTILE, published, run)),
        actions.newest(Action("rollback", HOSTILE, HOSTILE, told, run)),
        actions.run(Action("rollback", HOSTILE, HOSTILE, reason)),
    ):
        assert "<script>alert" not in page
        assert escape("<script>alert(1)</script>") in page
        assert not [each for each in Parsed(page).addresses() if re.search(r"[<>'\"&{}]", each)]
